/** What a compute thread is asked for: sums of leaves, sums of sums, and fakes ahead of time. */
import type { NetworkName } from "../../common/network_name.ts";
import type { TreeNode } from "../../kernels/tree.ts";
import type { Rounding } from "./rounder.ts";

export type NoisePurpose = "critic_noise" | "generator_noise";

/**
 * One leaf of the tree. `examples`: a micro-batch as the data set keeps it, labels included; null where the step takes
 * none, so that labels are drawn.
 */
export interface Leaf {
  readonly shard: number;
  readonly examples: Uint8Array | null;
}

/** A node of the tree to compute, with its leaves in order. `rounding`: of a wire group; absent: the sum stays float32. */
export interface SumTask {
  readonly kind: NetworkName;
  readonly node: TreeNode;
  readonly leaves: readonly Leaf[];
  readonly noise_purpose: NoisePurpose;
  readonly noise_counter: number;
  readonly rounding?: Rounding | null;
}

/** The sum of a subtree, computed elsewhere. */
export interface Part {
  readonly node: TreeNode;
  readonly sum: Float32Array<ArrayBuffer>;
}

/** Fakes to make ahead of the work that needs them. */
export interface AheadTask {
  readonly shard: number;
  readonly noise_purpose: NoisePurpose;
  readonly noise_counter: number;
  /** Of the examples that they are to be scored beside; absent or null where networks take no labels. */
  readonly labels?: Float32Array | null;
}
