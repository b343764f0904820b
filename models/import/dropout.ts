/**
 * Dropout of a file. A node that drops stays a Dropout node of the imported graph, its ratio a constant beside it; who
 * runs the graph does it by masks in training and passes x on otherwise. One that drops nothing is gone.
 *
 * Which of them drop is the file's to say: since ai.onnx 12 by the input training_mode, before by being there
 * (opset_converter.ts), since exporters leave Dropout out where a network is exported for use.
 */
import { numbersOf } from "../../autodiff/constants.ts";
import type { Graph, Node } from "../../onnx/graph.ts";
import type { Constant } from "./constant_folding.ts";

/** An input of the node: what is known of it, null where it is left out. */
export type KnownInput = Constant | "unknown" | null;

/**
 * The share that a node drops in training: 0 or more, below 1. `fail` throws, with a reason, where that is not known
 * before the graph runs or out of range.
 */
export function shareOf(
  { ratio, training_mode }: { readonly ratio: KnownInput; readonly training_mode: KnownInput },
  fail: (reason: string) => never,
): number {
  const number = (given: KnownInput, name: string, otherwise: number): number => {
    if (given === null) return otherwise;
    const item = given === "unknown" ? undefined : given.items[0];
    return typeof item === "number" ? item : fail(`its ${name} must be constant`);
  };
  if (number(training_mode, "training_mode", 0) === 0) return 0;
  const share = number(ratio, "ratio", 0.5);
  return share >= 0 && share < 1 ? share : fail(`its ratio must be 0 or more and below 1: found ${share}`);
}

/** The share that a Dropout node of an imported graph drops: above 0, below 1. */
export function droppedShare({ initializers }: Pick<Graph, "initializers">, { inputs }: Node): number {
  return numbersOf(initializers.get(inputs[1]!))![0]!;
}

/** The shares of all Dropout nodes of an imported graph, in their order. */
export function droppedShares(graph: Graph): readonly number[] {
  return graph.nodes.filter(({ op }) => op === "Dropout").map((node) => droppedShare(graph, node));
}
