/**
 * Parameters that PyTorch's exporter computed with beforehand (dynamo=True without optimize=False), put back where the
 * file says enough: e^p becomes a parameter p and an Exp, the gates of a recurrent layer are put in PyTorch's order.
 */
import type { Node, Tensor } from "../../../onnx/graph.ts";
import type { FileGraph, FileNode } from "../../../onnx/graph_reader.ts";
import { tensorOf } from "../../../onnx/tensor.ts";
import { type ExporterNotes, readersOf } from "./exporter_notes.ts";
import { numElements } from "../../../common/shape.ts";

/** A parameter again, and the nodes that make what stands in the file of it. */
interface Restored {
  readonly parameters: readonly (readonly [name: string, tensor: Tensor])[];
  readonly nodes: readonly Node[];
}

/** The graph of a file with these parameters back. */
export function unfolded(graph: FileGraph, notes: ExporterNotes): FileGraph {
  const readers = readersOf(graph);
  const initializers = new Map(graph.initializers), nodes: Node[] = [];
  for (const [name, sources] of notes.folded) {
    const tensor = graph.initializers.get(name);
    if (tensor?.element !== "float32") continue;
    const parameters = sources.filter((source) =>
      notes.targets.get(source)?.kind === "PARAMETER" && !initializers.has(source)
    );
    const restored = inverted(name, tensor, sources, parameters) ??
      recurrent(name, tensor, parameters, readers.get(name) ?? []);
    if (restored === null) continue;
    initializers.delete(name);
    for (const [own, value] of restored.parameters) initializers.set(own, value);
    nodes.push(...restored.nodes);
  }
  return nodes.length === 0 ? graph : { ...graph, initializers, nodes: [...nodes, ...graph.nodes] };
}

/** Functions of one parameter that can be taken back, by the names that folded tensors have of them. */
const INVERSES: readonly (readonly [name: RegExp, op: string, inverse: (y: number) => number])[] = [
  [/^exp(_\d+)?$/, "Exp", Math.log],
  [/^neg(_\d+)?$/, "Neg", (y) => -y],
];

function inverted(
  name: string,
  { shape, data }: Tensor,
  sources: readonly string[],
  parameters: readonly string[],
): Restored | null {
  const [, op, inverse] = INVERSES.find(([pattern]) => pattern.test(name)) ?? [];
  if (op === undefined || inverse === undefined || sources.length !== 1 || parameters.length !== 1) {
    return null;
  }
  const values = Array.from(data as Float32Array, inverse);
  if (!values.every(Number.isFinite)) return null;
  const [own] = parameters;
  return {
    parameters: [[own!, tensorOf("float32", shape, values)]],
    nodes: [nodeOf(op, [own!], name)],
  };
}

/** Position of each ONNX gate in PyTorch's order: GRU r z n, here z r h; LSTM i f g o, here i o f c. */
const GATES: Readonly<Record<string, readonly number[]>> = { GRU: [1, 0, 2], LSTM: [0, 3, 1, 2], RNN: [0] };

/** W, R and B of a recurrent layer: [directions, gates * hidden, ...], of one parameter (B: two) for each direction. */
function recurrent(
  name: string,
  tensor: Tensor,
  parameters: readonly string[],
  readers: readonly FileNode[],
): Restored | null {
  const [reader] = readers;
  const gates = GATES[reader?.op ?? ""];
  const input = reader?.inputs.indexOf(name) ?? -1;
  if (readers.length !== 1 || gates === undefined || input < 1 || input > 3) return null;
  const [directions, ...rest] = tensor.shape;
  const is_bias = input === 3, parts = is_bias ? 2 : 1;
  const ordered = inLayerOrder(parameters);
  if (ordered.length !== directions! * parts) return null;
  const shape = is_bias ? [rest[0]! / 2] : rest;
  const size = numElements(shape), rows = shape[0]!, hidden = rows / gates.length;
  if (!Number.isInteger(hidden)) return null;
  const nodes: Node[] = [];
  const restored = ordered.map((own, i) => {
    const data = (tensor.data as Float32Array).subarray(i * size, (i + 1) * size);
    nodes.push(...gatesOf(own, gates, hidden, `${name}/${i}`));
    return [own, { ...tensor, shape, data: inPytorchOrder(data, gates) }] as const;
  });
  const joined = ordered.map((_, i) => `${name}/${i}`);
  nodes.push(
    ...Array.from(
      { length: directions! },
      (_, d) =>
        nodeOf("Concat", joined.slice(d * parts, (d + 1) * parts), `${name}/direction${d}`, { axis: 0 }),
    ),
  );
  nodes.push(...stacked(Array.from({ length: directions! }, (_, d) => `${name}/direction${d}`), name));
  return { parameters: restored, nodes };
}

/** weight_ih_l0, then weight_ih_l0_reverse; of biases bias_ih_l0 and bias_hh_l0 first. */
function inLayerOrder(parameters: readonly string[]): readonly string[] {
  const key = (name: string) => `${name.endsWith("_reverse") ? 1 : 0}${name.includes("_hh_") ? 1 : 0}`;
  return parameters.toSorted((a, b) => key(a) < key(b) ? -1 : 1);
}

function inPytorchOrder(data: Float32Array, gates: readonly number[]): Float32Array {
  const out = new Float32Array(data.length), size = data.length / gates.length;
  gates.forEach((theirs, ours) => out.set(data.subarray(ours * size, (ours + 1) * size), theirs * size));
  return out;
}

/** The rows of a parameter with its gates in ONNX's order. */
function gatesOf(parameter: string, gates: readonly number[], hidden: number, output: string): Node[] {
  const ends = gates.map((theirs) => [theirs * hidden, (theirs + 1) * hidden]);
  const slices = ends.flatMap(([begin, end], i) => [
    ints([begin!], `${output}/begin${i}`),
    ints([end!], `${output}/end${i}`),
    nodeOf("Slice", [parameter, `${output}/begin${i}`, `${output}/end${i}`], `${output}/gate${i}`),
  ]);
  return [...slices, nodeOf("Concat", gates.map((_, i) => `${output}/gate${i}`), output, { axis: 0 })];
}

/** Each under an axis of its own, one after another. */
function stacked(inputs: readonly string[], output: string): Node[] {
  const axes = `${output}/axes`;
  return [
    ints([0], axes),
    ...inputs.map((input) => nodeOf("Unsqueeze", [input, axes], `${input}/unsqueezed`)),
    nodeOf("Concat", inputs.map((input) => `${input}/unsqueezed`), output, { axis: 0 }),
  ];
}

function ints(values: readonly number[], output: string): Node {
  const value = tensorOf("int64", [values.length], values);
  return {
    name: "",
    op: "Constant",
    domain: "",
    inputs: [],
    outputs: [output],
    attributes: { value: { kind: "tensor", value } },
  };
}

function nodeOf(
  op: string,
  inputs: readonly string[],
  output: string,
  given: Record<string, number> = {},
): Node {
  const attributes = Object.fromEntries(
    Object.entries(given).map(([key, value]) => [key, { kind: "int", value } as const]),
  );
  return { name: "", op, domain: "", inputs, outputs: [output], attributes };
}
