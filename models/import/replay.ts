/** The nodes of an imported graph, put into a graph under construction: as they are, or as training wants them. */
import { EXPANSIONS } from "../../autodiff/decompose.ts";
import { expandAll } from "../../autodiff/expansion.ts";
import type { Drop } from "../nets/net.ts";
import { GraphBuilder, type Value } from "../../onnx/builder.ts";
import type { Dim, Graph, Node } from "../../onnx/graph.ts";
import { droppedShare } from "./dropout.ts";
import { LABEL_INPUT } from "./file_ends.ts";

/** Composites are written out at once: a gradient penalty differentiates the critic while its loss is being built. */
const { BatchNormalization: _ours, ...composites } = EXPANSIONS;
export const COMPOSITES = composites;

export interface ReplayOptions {
  readonly keeps_names?: boolean;
  readonly keeps_dropout?: boolean;
  /** The replacement of a batch normalisation. */
  readonly normalise?: (node: Node, operands: readonly Value[]) => Value;
  /** How dropout is done; without it, nothing is dropped. */
  readonly drop?: Drop;
  /** The labels of the examples, in the element type of the graph's input; absent: an input of the graph has them. */
  readonly label?: Value;
}

/** The nodes of an imported graph on `x`, in a graph that has its other inputs by name. */
export function replay(graph: Graph, b: GraphBuilder, x: Value, options: ReplayOptions = {}): Value {
  const values = new Map([[graph.inputs[0]!, x]]);
  if (options.label) values.set(LABEL_INPUT, options.label);
  const shapes = new Map<string, readonly number[]>();
  const valueOf = (name: string): Value => {
    const known = values.get(name);
    if (known) return known;
    const tensor = graph.initializers.get(name);
    const value = tensor ? b.constant(tensor) : b.value(name);
    values.set(name, value);
    if (tensor?.element === "int64") shapes.set(name, Array.from(tensor.data, Number));
    return value;
  };
  for (const node of graph.nodes) {
    const stand_in = standIn(graph, node, valueOf, options);
    if (stand_in !== null) {
      values.set(node.outputs[0]!, stand_in);
      continue;
    }
    const operands = node.inputs.map((name) => name === "" ? null : valueOf(name));
    const known = shapeOf(node, operands, shapes);
    if (known !== undefined) {
      shapes.set(node.outputs[0]!, known);
      values.set(node.outputs[0]!, b.ints(known));
      continue;
    }
    const outputs = b.ops(
      node.op,
      operands,
      node.attributes,
      node.outputs.length,
      options.keeps_names ? { name: node.name, output: node.outputs[0]! } : {},
    );
    node.outputs.forEach((name, i) => values.set(name, outputs[i]!));
  }
  return valueOf(graph.outputs[0]!);
}

/** The replacement of a node that behaves differently in training; null for others. */
function standIn(
  graph: Graph,
  node: Node,
  valueOf: (name: string) => Value,
  { normalise, drop, keeps_dropout }: ReplayOptions,
): Value | null {
  if (node.op === "Dropout" && !keeps_dropout) {
    const x = valueOf(node.inputs[0]!);
    return drop ? drop(x, droppedShare(graph, node)) : x;
  }
  if (node.op !== "BatchNormalization" || normalise === undefined) return null;
  // In training form there are no running statistics to read.
  return normalise(node, node.inputs.slice(0, 3).map(valueOf));
}

/** The numbers of a shape that holds the batch, once that is known: gradient rules ask for constants. */
function shapeOf(
  node: Node,
  operands: readonly (Value | null)[],
  shapes: ReadonlyMap<string, readonly number[]>,
): readonly number[] | undefined {
  if (node.op === "Shape") {
    const batch = operands[0]!.type.shape[0];
    return typeof batch === "number" ? [batch] : undefined;
  }
  if (node.op !== "Concat" && node.op !== "Mul") return undefined;
  const parts = node.inputs.map((name) => shapes.get(name));
  if (node.op === "Mul") {
    const [batch, times] = parts;
    return batch?.length === 1 && times?.length === 1 ? [batch[0]! * times[0]!] : undefined;
  }
  return parts.every((part) => part !== undefined) ? parts.flat() : undefined;
}

/** A builder with the inputs of a graph, for a batch of this many examples. */
export function builderFor(graph: Graph, batch: number): GraphBuilder {
  const b = new GraphBuilder(graph.name);
  for (const [i, name] of graph.inputs.entries()) {
    const { element, shape } = graph.types.get(name)!;
    b.input(name, element, i === 0 || name === LABEL_INPUT ? [batch, ...shape.slice(1)] : shape);
  }
  return b;
}

/** Composites that are written out only where the batch is a number. */
const NEEDS_BATCH: readonly string[] = ["Einsum"];

/** The graph for a batch of this many examples where composites wait for one; else, and without a number, as it is. */
export function boundTo(graph: Graph, batch: Dim): Graph {
  if (typeof batch !== "number" || !graph.nodes.some(({ op }) => NEEDS_BATCH.includes(op))) return graph;
  const b = builderFor(graph, batch), input = b.value(graph.inputs[0]!);
  b.output(replay(graph, b, input, { keeps_names: true, keeps_dropout: true }), graph.outputs[0]!);
  return expandAll(b.build(), COMPOSITES);
}
