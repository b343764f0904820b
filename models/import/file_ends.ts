/** What a file of a network must have: one input and perhaps one for labels, one output, and nodes that can be trained through; how it is refused. */
import { UserError } from "../../common/errors.ts";
import type { FileModel } from "../../onnx/codec.ts";
import { formatType, isFixed } from "../../onnx/dims.ts";
import type { TensorType } from "../../onnx/graph.ts";
import { oneLine } from "../../onnx/graph_error.ts";

/** `name`: what errors call the graph. */
export function refuseFile(name: string, reason: string): UserError {
  return new UserError(oneLine(`Cannot import ${name}: ${reason}`));
}

/** Inputs of a node: each of a Sum or a Concat is one node or more of the training graph. */
const MAX_INPUTS = 10_000;

/** Throws {@linkcode UserError} for a node with more inputs than a training graph can be made of. */
export function refuseWideNodes({ nodes }: FileModel["graph"], name: string): void {
  const wide = nodes.find(({ inputs }) => inputs.length > MAX_INPUTS);
  if (wide === undefined) return;
  throw refuseFile(
    name,
    `a node may have at most ${MAX_INPUTS} inputs, found ${wide.inputs.length} of node ${wide.name} (${wide.op}); ` +
      "join them in groups",
  );
}

const FLOATS: readonly string[] = ["float64", "float16", "bfloat16"];

/** Name of the input for labels in an imported graph: whole numbers of [batch]. */
export const LABEL_INPUT = "label";

const WHOLE: readonly string[] = ["int64", "int32"];

/** Inputs of a file's graph, without initializers. */
interface FileInput {
  readonly name: string;
  readonly type: TensorType;
}

/** The one input for examples or noise, and the one for labels; null: there is none. Throws {@linkcode UserError}. */
export function fileInputs(
  { inputs, initializers }: FileModel["graph"],
  name: string,
): { readonly input: FileInput; readonly label: FileInput | null } {
  const own = inputs.filter((input) => !initializers.has(input.name));
  const labels = own.filter(({ type }) =>
    type !== undefined && WHOLE.includes(type.element) && type.shape.length === 1
  );
  const [input, ...more] = own.filter((each) => !labels.includes(each));
  if (input === undefined || more.length > 0 || labels.length > 1) {
    throw refuseFile(
      name,
      `it must have one input, found ${own.map((each) => each.name).join(", ") || "none"}; ` +
        "export the network so that it takes one tensor, and labels as int64 [batch] if it takes any",
    );
  }
  const [label] = labels;
  return {
    input: { name: input.name, type: floatInput(input, name) },
    label: label === undefined ? null : { name: label.name, type: label.type! },
  };
}

/** Its type: float32 [batch, ...] with numbers after the batch. */
function floatInput(
  { name: input, type }: FileModel["graph"]["inputs"][number],
  name: string,
): TensorType {
  if (type?.element !== "float32" || type.shape.length < 2) {
    throw refuseFile(
      name,
      `its input "${input}" must be float32 [batch, ...], found ${formatType(type)}` +
        (type !== undefined && FLOATS.includes(type.element)
          ? "; export the network after .float()"
          : "; export it so that it takes one float32 tensor, the batch first"),
    );
  }
  if (!isFixed(type.shape.slice(1))) {
    throw refuseFile(
      name,
      `only the batch axis of its input "${input}" may have no fixed size, found ${formatType(type)}; ` +
        "export it with fixed sizes for the other axes",
    );
  }
  return type;
}

/** The name of the one output. */
export function onlyOutput({ outputs }: FileModel["graph"], name: string): string {
  const [output, ...others] = outputs.map((each) => each.name);
  if (output !== undefined && others.length === 0) return output;
  throw refuseFile(
    name,
    `it must have one output, found ${[output, ...others].join(", ") || "none"}; ` +
      "export the network so that it returns one tensor",
  );
}
