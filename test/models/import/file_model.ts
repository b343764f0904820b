/** Models as files hold them, of any version of ai.onnx, without an exporter: one input x [N, ...], one output y. */
import type { FileModel } from "../../../onnx/codec.ts";
import type { Attribute, Tensor } from "../../../onnx/graph.ts";
import type { Declaration, FileNode as NamedNode } from "../../../onnx/graph_reader.ts";

/** A node in short: operator, inputs, outputs, attributes (integers, one or several). */
export type FileNode = readonly [
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes?: Readonly<Record<string, number | readonly number[] | Attribute>>,
];

export interface FileParts {
  readonly opset: number;
  /** Extents of x, without the batch. */
  readonly extents: readonly number[];
  /** If the batch axis has a number. */
  readonly batch?: number;
  readonly nodes: readonly FileNode[];
  readonly initializers?: Readonly<Record<string, Tensor>>;
  readonly inputs?: readonly string[];
  readonly outputs?: readonly string[];
  readonly producer?: string;
  /** What PyTorch's exporter of dynamo=True says beside the graph. */
  readonly dynamo?: DynamoParts;
}

export interface DynamoParts {
  /** Kinds of the program's tensors by name: PARAMETER, BUFFER. */
  readonly signature: Readonly<Record<string, string>>;
  /** What each folded initializer was computed from. */
  readonly folded?: Readonly<Record<string, readonly string[]>>;
  /** Lines of the program by the first output of the node behind them. */
  readonly program?: Readonly<Record<string, string>>;
}

/** As dynamo calls a tensor of the module in its program. */
export function placeholderOf(name: string): string {
  return `p_${name.replaceAll(".", "_")}`;
}

export function fileModel(parts: FileParts): FileModel {
  const { opset, extents, initializers = {}, inputs = ["x"], batch = "batch", outputs = ["y"] } = parts;
  const { producer = "test", dynamo } = parts;
  const declared = (name: string) => ({
    name,
    type: { element: "float32", shape: [batch, ...extents] } as const,
  });
  const nodes = parts.nodes.map(([op, reads, writes, attributes = {}], i): NamedNode => ({
    name: `node${i}`,
    op,
    domain: "",
    inputs: reads,
    outputs: writes,
    attributes: Object.fromEntries(
      Object.entries(attributes).map(([name, value]) => [name, attributeOf(value)]),
    ),
    ...dynamo?.program?.[writes[0]!] && {
      metadata: new Map([["pkg.torch.onnx.fx_node", dynamo.program[writes[0]!]!]]),
    },
  }));
  return {
    graph: {
      name: "file",
      nodes,
      initializers: new Map(Object.entries(initializers)),
      inputs: inputs.map(declared),
      outputs: outputs.map((name) => ({ name, type: undefined })),
      between: dynamo ? noted(dynamo) : [],
      ...dynamo && { metadata: new Map([[`${EXPORT}ExportedProgram.graph_signature`, signatureOf(dynamo)]]) },
    },
    opset,
    ir_version: 8,
    producer_name: producer,
    producer_version: "",
    metadata: new Map(),
  };
}

function attributeOf(value: number | readonly number[] | Attribute): Attribute {
  if (typeof value === "number") return { kind: "int", value };
  return "kind" in value ? value : { kind: "ints", value };
}

const EXPORT = "pkg.torch.export.";

function signatureOf({ signature }: DynamoParts): string {
  const lines = Object.entries(signature).map(([name, kind]) =>
    `${placeholderOf(name)}: ${kind} target='${name}'`
  );
  return `\n# inputs\n${lines.join("\n")}\nx: USER_INPUT\n\n# outputs\ny: USER_OUTPUT\n`;
}

function noted({ signature, folded = {} }: DynamoParts): Declaration[] {
  const declared = (name: string, key: string, value: string): Declaration => ({
    name,
    type: undefined,
    metadata: new Map([[key, value]]),
  });
  const list = (names: readonly string[]) => `[${names.map((name) => `'${name}'`).join(", ")}]`;
  return [
    ...Object.entries(signature).map(([name, kind]) =>
      declared(name, `${EXPORT}graph_signature.InputSpec.kind`, kind)
    ),
    ...Object.entries(folded).map(([name, from]) =>
      declared(name, "pkg.onnxscript.optimizer.folded_from", list(from))
    ),
  ];
}
