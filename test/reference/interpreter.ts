/**
 * A slow and plain interpreter of graphs in float64: what gradients and networks are checked against. Written from
 * the ONNX operator specifications (opset 18); shares nothing with the backward pass.
 */
import type { Graph, Node } from "../../onnx/graph.ts";
import { isOpName, type OpName } from "../../onnx/shapes.ts";
import { ACTIVATION_KERNELS } from "./activations.ts";
import { EINSUM_KERNELS } from "./einsum.ts";
import { BLOCK_KERNELS } from "./blocks.ts";
import { CONVOLUTION_KERNELS } from "./convolution.ts";
import { ELEMENTWISE_KERNELS } from "./elementwise.ts";
import { GATHERING_KERNELS } from "./gathering.ts";
import { Call, type Kernel } from "./kernel.ts";
import { LINEAR_KERNELS } from "./linear.ts";
import { NORMALISATION_KERNELS } from "./normalisations.ts";
import { PADDING_KERNELS } from "./padding.ts";
import { POOL_KERNELS } from "./pool.ts";
import { REDUCTION_KERNELS } from "./reductions.ts";
import { fromTensor, type RefTensor } from "./ref_tensor.ts";
import { RESIZE_KERNELS } from "./resize.ts";
import { SHAPE_KERNELS } from "./shapes.ts";

const KERNELS: Readonly<Record<OpName, Kernel>> = {
  ...ACTIVATION_KERNELS,
  ...EINSUM_KERNELS,
  ...ELEMENTWISE_KERNELS,
  ...GATHERING_KERNELS,
  ...LINEAR_KERNELS,
  ...NORMALISATION_KERNELS,
  ...PADDING_KERNELS,
  ...REDUCTION_KERNELS,
  ...SHAPE_KERNELS,
  ...CONVOLUTION_KERNELS,
  ...POOL_KERNELS,
  ...RESIZE_KERNELS,
  ...BLOCK_KERNELS,
};

/**
 * The outputs of a graph by name. `feeds` holds every input, of the graph's element types; extents with a name
 * take any number. Throws where a feed is missing or of another type, and where a computed shape is not the one
 * that the graph's types say. `floatOf`: what a number stands for that the graph keeps as float32, in a constant or an
 * attribute; itself unless told otherwise.
 */
export function interpret(
  graph: Graph,
  feeds: ReadonlyMap<string, RefTensor>,
  floatOf: (stored: number) => number = (stored) => stored,
): Map<string, RefTensor> {
  const values = new Map<string, RefTensor>();
  for (const [name, tensor] of graph.initializers) {
    const constant = fromTensor(tensor);
    const data = tensor.element === "float32" ? constant.data.map(floatOf) : constant.data;
    values.set(name, { ...constant, data });
  }
  for (const name of graph.inputs) values.set(name, checked(graph, name, feeds.get(name)));
  for (const node of graph.nodes) {
    const results = run(node, values, floatOf);
    node.outputs.forEach((name, i) => name === "" || values.set(name, checked(graph, name, results[i])));
  }
  return new Map(graph.outputs.map((name) => [name, values.get(name)!]));
}

function run(
  node: Node,
  values: ReadonlyMap<string, RefTensor>,
  floatOf: (stored: number) => number,
): readonly RefTensor[] {
  if (!isOpName(node.op)) throw new Error(`The reference interpreter does not know ${node.op}`);
  const result = KERNELS[node.op](new Call(node, node.inputs.map((name) => values.get(name)), floatOf));
  return "data" in result ? [result] : result;
}

function checked(graph: Graph, name: string, value: RefTensor | undefined): RefTensor {
  const type = graph.types.get(name);
  const fits = value !== undefined && type !== undefined && value.element === type.element &&
    value.shape.length === type.shape.length &&
    type.shape.every((extent, axis) => typeof extent === "string" || extent === value.shape[axis]);
  if (fits) return value;
  const found = value && `${value.element}[${value.shape.join(",")}]`;
  throw new Error(
    `"${name}" must be ${type?.element}[${type?.shape.join(",")}]: found ${found ?? "nothing"}`,
  );
}
