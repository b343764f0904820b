/** Rounds the sums of wire groups as they travel, and adds rounded differences to weights. */
import type { Kernels } from "../../kernels/kernels.ts";
import { addDifference, type RoundedFormat } from "../../kernels/rounding.ts";
import type { Manifest } from "../../models/manifest.ts";
import { bytesOf } from "../../wire/frame.ts";
import type { NetworkName } from "../../common/network_name.ts";
import { packResult, payloadSize, roundedSize, roundingKey } from "../../kernels/result_payload.ts";

/** How the sum of a wire group is rounded: by the step and its place in the tree. */
export interface Rounding {
  readonly kind: NetworkName;
  readonly step: number;
  readonly group: number;
}

export class Rounder {
  readonly #kernels: Kernels;
  readonly #graphs: Manifest["graphs"];
  readonly #format: RoundedFormat;
  readonly #seed: number;
  /** Room for the largest thing that travels. */
  readonly #rounded: Float32Array;

  constructor(kernels: Kernels, manifest: Manifest, format: RoundedFormat, seed: number) {
    this.#kernels = kernels;
    this.#graphs = manifest.graphs;
    this.#format = format;
    this.#seed = seed;
    this.#rounded = kernels.allocate(largestRounded(manifest, format));
  }

  static bytesNeeded(manifest: Manifest, format: RoundedFormat): number {
    return 4 * largestRounded(manifest, format) + 64;
  }

  /** The payload for a sum in the kernels' memory. A view, valid until the next call. */
  pack(sum: Float32Array, { kind, step, group }: Rounding): Float32Array {
    const graph = this.#graphs[`${kind}_training_model`];
    const payload = this.#rounded.subarray(0, payloadSize(this.#format, graph));
    const key = roundingKey(this.#seed, kind, step, group);
    packResult(this.#kernels, this.#format, sum, graph.tail_offset, payload, key);
    return payload;
  }

  /** Adds a difference, which may lie anywhere, to weights in the kernels' memory. */
  addDifference(difference: Float32Array, weights: Float32Array): void {
    const rounded = this.#rounded.subarray(0, roundedSize(this.#format, weights.length));
    rounded.set(difference);
    addDifference(this.#kernels, this.#format, bytesOf(rounded), weights);
  }
}

/** Length of the largest payload or difference, counted in float32. */
function largestRounded({ graphs, layouts }: Manifest, format: RoundedFormat): number {
  return Math.max(
    payloadSize(format, graphs.critic_training_model),
    payloadSize(format, graphs.generator_training_model),
    roundedSize(format, layouts.critic.size),
    roundedSize(format, layouts.generator.size),
  );
}
