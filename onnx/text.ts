/** The text form of a graph: one line a value and a node. For people, and for tests, which read text, not bytes. */
import type { Attribute, Graph, Node, Tensor, TensorType } from "./graph.ts";
import { formatShape, formatType } from "./dims.ts";

/** Constants up to this many elements are written out. */
const MAX_SHOWN = 8;

/**
 * The graph as text, the same for the same graph:
 *
 *     graph critic
 *     input x: float32[N,784]
 *     constant axes: int64[1] = 1
 *     h: float32[N,512] = MatMul(x, w)
 *     y: float32[N,512] = LeakyRelu(h) alpha=0.2
 *     output y: float32[N,512]
 *
 * Names of nodes are shown only where they differ from that of the first output. `_` is an omitted input or output.
 *
 * @example
 * ```ts
 * import { GraphBuilder, printGraph } from "@wagon/wagon/onnx";
 *
 * const b = new GraphBuilder("g");
 * b.output(b.op("Neg", [b.input("x", "float32", [3])]), "y");
 * console.assert(printGraph(b.build()).includes("y: float32[3] = Neg(x)"));
 * ```
 */
export function printGraph(graph: Graph): string {
  const typed = (name: string) => `${name}: ${formatType(graph.types.get(name))}`;
  const lines = [
    `graph ${graph.name}`,
    ...graph.inputs.map((name) => `input ${typed(name)}`),
    ...[...graph.initializers].map(([name, tensor]) => `constant ${name}: ${printTensor(tensor)}`),
    ...graph.nodes.map((node) => printNode(node, graph.types)),
    ...graph.outputs.map((name) => `output ${typed(name)}`),
  ];
  return lines.join("\n") + "\n";
}

function printNode(node: Node, types: ReadonlyMap<string, TensorType>): string {
  const outputs = node.outputs.map((name) => name === "" ? "_" : `${name}: ${formatType(types.get(name))}`);
  const inputs = node.inputs.map((name) => name === "" ? "_" : name);
  const attributes = Object.keys(node.attributes).sort().map((name) =>
    ` ${name}=${printAttribute(node.attributes[name]!)}`
  );
  const domain = node.domain === "" ? "" : `${node.domain}.`;
  const label = node.name === "" || node.name === node.outputs[0] ? "" : ` # ${node.name}`;
  return `${outputs.join(", ")} = ${domain}${node.op}(${inputs.join(", ")})${attributes.join("")}${label}`;
}

function printAttribute({ kind, value }: Attribute): string {
  switch (kind) {
    case "int":
    case "float":
      return `${value}`;
    case "ints":
    case "floats":
      return formatShape(value.map(String));
    case "string":
    case "strings":
      return JSON.stringify(value);
    case "tensor":
      return printTensor(value);
  }
}

function printTensor(tensor: Tensor): string {
  const { data } = tensor;
  if (data.length > MAX_SHOWN) return formatType(tensor);
  const items = tensor.element === "string"
    ? (data as readonly string[]).map((item) => JSON.stringify(item))
    : Array.from(data as Float64Array, String);
  return `${formatType(tensor)} = ${items.join(" ")}`.trimEnd();
}
