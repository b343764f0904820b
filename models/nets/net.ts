/** A network as the rest of the project sees it: its tensors, and functions that add it to a graph. */
import type { GraphBuilder, Value } from "../../onnx/builder.ts";

/**
 * How a tensor is filled at the start: uniform in [-bound, bound), normal, one value, or with values from a file.
 *
 * @example
 * ```ts
 * import type { Initialiser } from "@wagon/wagon";
 *
 * const initialiser: Initialiser = { kind: "normal", mean: 0, deviation: 0.02 };
 * console.log(initialiser.kind);
 * ```
 */
export type Initialiser =
  | { readonly kind: "normal"; readonly mean: number; readonly deviation: number }
  | { readonly kind: "uniform"; readonly bound: number }
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "given"; readonly values: Float32Array };

/**
 * A tensor that a network keeps: its name is that of a graph input.
 *
 * @example
 * ```ts
 * import type { TensorSpec } from "@wagon/wagon";
 *
 * const bias: TensorSpec = { name: "critic.0.bias", shape: [128], initialiser: { kind: "constant", value: 0 } };
 * console.log(bias.name);
 * ```
 */
export interface TensorSpec {
  /** That of the graph input. */
  readonly name: string;
  /** Its extents. */
  readonly shape: readonly number[];
  /** What it begins with. */
  readonly initialiser: Initialiser;
}

/**
 * Mean and biased variance of one batch normalisation's input over the batch: [features] each.
 *
 * @example
 * ```ts
 * import type { BatchMoments, Net } from "@wagon/wagon";
 * import type { GraphBuilder, Value } from "@wagon/wagon/onnx";
 *
 * const momentsOf = (net: Net, b: GraphBuilder, x: Value): readonly BatchMoments[] => net.forwardTrain(b, x).moments;
 * console.log(momentsOf.length);
 * ```
 */
export interface BatchMoments {
  /** [features]. */
  readonly mean: Value;
  /** [features], biased. */
  readonly variance: Value;
  /** Numbers of one example in each: 1, or the pixels of a map. */
  readonly positions: number;
}

/**
 * x with a share of it (above 0, below 1) dropped anew in each step, the rest scaled up to the same mean.
 *
 * @example
 * ```ts
 * import type { Drop } from "@wagon/wagon";
 *
 * // Drops nothing.
 * const drop: Drop = (x) => x;
 * console.log(drop.length);
 * ```
 */
export type Drop = (x: Value, ratio: number) => Value;

/**
 * A network over examples of `input_shape` (without the batch axis). Its functions find the network's tensors in
 * the graph by name: the caller declares them as inputs.
 *
 * @example
 * ```ts
 * import type { Net } from "@wagon/wagon";
 *
 * const dependsOnBatch = ({ statistics, coupling }: Pick<Net, "statistics" | "coupling">) =>
 *   statistics.length > 0 || coupling !== undefined;
 * console.assert(!dependsOnBatch({ statistics: [] }));
 * ```
 */
export interface Net {
  /** Trained, in layout order. */
  readonly parameters: readonly TensorSpec[];
  /** Running mean and variance of each batch normalisation, in turn. Empty without any. */
  readonly statistics: readonly TensorSpec[];
  /** Names of the weights that are used divided by their spectral norm (spectral_norm.ts); absent: none. */
  readonly normalised?: readonly string[];
  /** u and v of each of those in turn, with their first values; absent: random, brought on by the power method. */
  readonly vectors?: readonly TensorSpec[];
  /** The node that makes an example's output depend on the others of its batch, besides batch normalisation; absent: none. */
  readonly coupling?: string;
  /** Classes of the labels that it takes beside its input; absent: it takes none. */
  readonly num_classes?: number;
  /** Shape of one example. */
  readonly input_shape: readonly number[];
  /** Of what it makes of one. */
  readonly output_shape: readonly number[];
  /**
   * As it is trained: batch normalisation uses the moments of `x`'s own batch, which come back, one per batch
   * normalisation. A network that returns none treats each example by itself, unless `coupling` says otherwise. `drop`: how dropout is done; without
   * it, nothing is dropped. `label`: the class of each example, [n], a whole number of the element type of `x`; required
   * where the network takes labels.
   */
  forwardTrain(
    b: GraphBuilder,
    x: Value,
    drop?: Drop,
    label?: Value,
  ): { output: Value; moments: readonly BatchMoments[] };
  /** As it is used afterwards: batch normalisation uses the running statistics. */
  forwardEval(b: GraphBuilder, x: Value, label?: Value): Value;
}

/** True if an example's output depends on the others of its batch. */
export function dependsOnBatch(net: Net): boolean {
  return net.statistics.length > 0 || net.coupling !== undefined;
}
