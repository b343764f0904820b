/** One update of one network, wherever it is trained: by the coordinator, or by a learner of local steps. */
import type { NetworkName } from "../common/network_name.ts";
import type { Kernels } from "../kernels/kernels.ts";
import type { Manifest } from "../models/manifest.ts";
import { powerIterateNorms } from "../models/power_iteration.ts";
import { type NodeSum, optimize, type Trained, type UpdateOptions } from "./optimizer.ts";
import type { Optimizer } from "./optimizers.ts";

/** PyTorch's momentum of running statistics (algorithm.md, "Batch normalisation under sharding"). */
const STATISTICS_MOMENTUM = Math.fround(0.1);
const STATISTICS_KEEP = Math.fround(1 - STATISTICS_MOMENTUM);

/** A network under training; all its buffers lie in the memory of the same kernels. */
export interface TrainedNetwork extends Trained {
  /** The parameters, then the vectors of spectral norms if there are any. */
  readonly weights: Float32Array;
}

export interface UpdateTools {
  readonly kernels: Kernels;
  readonly manifest: Pick<Manifest, "layouts" | "spectral_norm">;
  readonly optimizer: Optimizer;
}

/**
 * Mean of the summed gradients, optimizer and clip in one pass over the buffers; then, where the critic has spectral
 * norms, a step of the power method. Returns the checksum of all weights; null where the rate is so large that they
 * would not be finite: the network is as it was then. Throws as {@linkcode optimize} does.
 */
export function updateNetwork(
  { kernels, manifest, optimizer }: UpdateTools,
  name: NetworkName,
  network: TrainedNetwork,
  sum: NodeSum,
  scale: number,
  options: UpdateOptions,
): string | null {
  const checksum = optimize(kernels, optimizer, network, sum, scale, options);
  if (checksum === null || !iteratesNorms(manifest, name)) return checksum;
  followNorms(manifest, network.weights);
  return kernels.checksum(network.weights);
}

/** True if a network's weights are used divided by their spectral norms. */
export function iteratesNorms(
  { spectral_norm = [] }: Pick<Manifest, "spectral_norm">,
  name: NetworkName,
): boolean {
  return name === "critic" && spectral_norm.length > 0;
}

/** One step of the power method for the critic's spectral norms. */
export function followNorms(
  { layouts, spectral_norm = [] }: Pick<Manifest, "layouts" | "spectral_norm">,
  critic: Float32Array,
): void {
  // Finite, as the weights are: sums in float64, divided by a norm that is not too small.
  powerIterateNorms(layouts.critic, critic, spectral_norm);
}

/** r = 0.9 r + 0.1 s, in float32; s is the mean of the shards' batch statistics. */
export function moveStatistics(running: Float32Array, batch: Float32Array): void {
  for (let i = 0; i < running.length; i++) {
    running[i] = Math.fround(STATISTICS_KEEP * running[i]!) + Math.fround(STATISTICS_MOMENTUM * batch[i]!);
  }
}
