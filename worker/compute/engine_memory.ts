/** The memory of an engine's kernels: weights, sums, places for sums, and room to round. */
import { OPTIMIZER_BUFFERS } from "../../algorithm/optimizer.ts";
import type { Optimizer } from "../../algorithm/optimizers.ts";
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

export interface EngineRoom {
  readonly num_results: number;
  /** Results in whole pages, if there can be so many more. */
  readonly num_places: number;
  readonly format: WireFormat;
  /** Of a learner, whose buffers there must be room for; null: there is none. */
  readonly optimizer: Optimizer | null;
}

/** Kernels with room for the weights, the results and a learner's optimizer. */
export function buildKernels(
  manifest: Manifest,
  { num_results, num_places, format, optimizer }: EngineRoom,
): Kernels {
  const { critic, generator } = manifest.layouts;
  const result_size = resultSize(manifest);
  const num_buffers = optimizer === null ? 0 : OPTIMIZER_BUFFERS[optimizer.kind].length;
  const floats = (1 + num_buffers) * (critic.size + generator.size) + num_results * result_size +
    2 * num_buffers * ALIGNMENT_BYTES / FLOAT_BYTES;
  const to_round = format === "float32" ? 0 : Rounder.bytesNeeded(manifest, format);
  const bytes = floats * FLOAT_BYTES + 2 * 2 * PAGE_BYTES + num_results * ALIGNMENT_BYTES + to_round;
  const with_places = bytes + num_places * (result_size * FLOAT_BYTES + 2 * PAGE_BYTES);
  return Kernels.create(with_places <= MAX_CAPACITY_BYTES ? with_places : bytes);
}
