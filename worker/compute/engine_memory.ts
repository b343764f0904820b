/** The memory of an engine's kernels: weights, sums, places for sums, and room to round. */
import { PAGE_BYTES } from "../../common/files/mapped_file.ts";
import type { WireFormat } from "../../common/wire_format.ts";
import { ALIGNMENT_BYTES, Kernels, MAX_CAPACITY_BYTES } from "../../kernels/kernels.ts";
import type { Manifest } from "../../models/manifest.ts";
import { Rounder } from "./rounder.ts";

const FLOAT_BYTES = 4;

/** Levels of a tree of n leaves, the leaves' own included. */
export function levels(num_shards: number): number {
  return 1 + Math.ceil(Math.log2(num_shards));
}

/** Numbers of the larger result of the two training graphs. */
export function resultSize({ graphs }: Manifest): number {
  return Math.max(graphs.critic_training_model.size, graphs.generator_training_model.size);
}

/** Kernels with room for the weights and the results, and for `num_places` more in whole pages if there can be. */
export function buildKernels(
  manifest: Manifest,
  num_results: number,
  num_places: number,
  format: WireFormat,
): Kernels {
  const { critic, generator } = manifest.layouts;
  const result_size = resultSize(manifest);
  const floats = critic.size + generator.size + num_results * result_size;
  const to_round = format === "float32" ? 0 : Rounder.bytesNeeded(manifest, format);
  const bytes = floats * FLOAT_BYTES + 2 * 2 * PAGE_BYTES + num_results * ALIGNMENT_BYTES + to_round;
  const with_places = bytes + num_places * (result_size * FLOAT_BYTES + 2 * PAGE_BYTES);
  return Kernels.create(with_places <= MAX_CAPACITY_BYTES ? with_places : bytes);
}
