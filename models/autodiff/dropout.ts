/** Dropout by masks that are fed: what is dropped is then known outside, and the same on every device. */
import type { Graph, Node, TensorType } from "../onnx/graph.ts";
import { isFixed } from "../onnx/dims.ts";
import { GraphError } from "../onnx/graph_error.ts";
import { describeNode } from "../onnx/operator.ts";
import { elementCode } from "../onnx/tensor.ts";
import { constantNumbers, numbersOf } from "./constants.ts";

/** An input that stands for what a Dropout node drops: 0 where it drops, else 1 / (1 - ratio). */
export interface DropoutMask {
  readonly input: string;
  readonly shape: readonly number[];
  /** Share that is dropped: more than 0, below 1. */
  readonly ratio: number;
}

export interface DropoutOptions {
  /** Whether nodes without the input training_mode drop, too; by the specification they pass everything on. */
  readonly unmarked?: boolean;
}

/**
 * The graph with y = x mask in place of y = Dropout(x), and its masks in the order of the nodes, as inputs behind
 * those that it has; random/dropout.ts draws them. Nodes that do not drop pass x on. To be done before other passes.
 * Throws {@linkcode GraphError} where ratio or training_mode is not constant, or a shape not fixed.
 */
export function dropoutByMasks(
  graph: Graph,
  options: DropoutOptions = {},
): { graph: Graph; masks: readonly DropoutMask[] } {
  const masks: DropoutMask[] = [];
  const types = new Map(graph.types);
  const nodes = graph.nodes.flatMap((node) => {
    if (node.op !== "Dropout" || node.domain !== "") return [node];
    const ratio = droppedShare(graph, node, options);
    if (ratio === 0) return [passing(graph, node)];
    const type = graph.types.get(node.outputs[0]!)!;
    const mask = {
      input: freshName(types, `${node.name || node.outputs[0]}_mask`),
      ratio,
      shape: extents(graph, node),
    };
    masks.push(mask);
    types.set(mask.input, type);
    return masked(node, mask.input, type, types);
  });
  return {
    graph: { ...graph, nodes, types, inputs: [...graph.inputs, ...masks.map(({ input }) => input)] },
    masks,
  };
}

/** The ratio of a node that drops, 0 where it does not. */
function droppedShare(graph: Graph, node: Node, { unmarked = false }: DropoutOptions): number {
  const [isTraining] = node.inputs[2] ? constantOf(graph, node, 2) : [Number(unmarked)];
  if (!isTraining) return 0;
  const [ratio] = node.inputs[1] ? constantOf(graph, node, 1) : [0.5];
  if (ratio! >= 0 && ratio! < 1) return ratio!;
  return refuse(graph, node, `its ratio must be 0 or more and below 1: found ${ratio}`);
}

function constantOf(graph: Graph, node: Node, index: 1 | 2): readonly number[] {
  const name = node.inputs[index]!;
  const source = graph.nodes.find(({ op, outputs }) => op === "Constant" && outputs[0] === name);
  return numbersOf(graph.initializers.get(name)) ?? constantNumbers(source?.attributes) ??
    refuse(graph, node, `input "${name}" must be constant`);
}

function extents(graph: Graph, node: Node): readonly number[] {
  const { shape } = graph.types.get(node.outputs[0]!)!;
  if (isFixed(shape)) return shape;
  return refuse(graph, node, `"${node.outputs[0]}" must have a fixed shape: found [${shape.join(",")}]`);
}

function passing(graph: Graph, node: Node): Node {
  const isRead = (name: string) =>
    graph.outputs.includes(name) || graph.nodes.some((other) => other.inputs.includes(name));
  if (node.outputs[1] && isRead(node.outputs[1])) {
    refuse(graph, node, "its mask must not be read where it drops nothing");
  }
  return { ...node, op: "Identity", inputs: [node.inputs[0]!], outputs: [node.outputs[0]!], attributes: {} };
}

/** y = x mask, and the mask as booleans where it is an output. */
function masked(node: Node, mask: string, type: TensorType, types: Map<string, TensorType>): Node[] {
  const product = {
    ...node,
    op: "Mul",
    inputs: [node.inputs[0]!, mask],
    outputs: [node.outputs[0]!],
    attributes: {},
  };
  const kept = node.outputs[1];
  if (!kept) return [product];
  types.set(kept, { element: "bool", shape: type.shape });
  const to = { kind: "int", value: elementCode("bool") } as const;
  const cast = { ...node, name: "", op: "Cast", inputs: [mask], outputs: [kept], attributes: { to } };
  return [product, cast];
}

function freshName(types: ReadonlyMap<string, TensorType>, stem: string): string {
  let name = stem;
  for (let i = 0; types.has(name); i++) name = `${stem}_${i}`;
  return name;
}

function refuse(graph: Graph, node: Node, reason: string): never {
  throw new GraphError(`Cannot mask ${describeNode(graph.name, node)}: ${reason}`);
}
