/**
 * The trained state of a run: parameters and optimizer state of both networks in WebAssembly memory, and the
 * running statistics of the generator's batch normalisation. Changes only at committed steps.
 */
import { createHash } from "node:crypto";
import type { Kernels } from "../kernels/kernels.ts";
import type { Layout, Manifest } from "../models/manifest.ts";
import type { NodeSum } from "./averaging.ts";

/** PyTorch's momentum of running statistics (algorithm.md, "Batch normalisation under sharding"). */
const STATISTICS_MOMENTUM = Math.fround(0.1);
const STATISTICS_KEEP = Math.fround(1 - STATISTICS_MOMENTUM);

export interface RmspropOptions {
  readonly lr: number;
  readonly alpha: number;
  readonly eps: number;
  /** Bound of every parameter after the step, or null for none. */
  readonly clip: number | null;
}

/** Parameters of one network with its optimizer's state. */
export interface Network {
  readonly parameters: Float32Array;
  /** RMSProp's running mean of squared gradients. */
  readonly square_average: Float32Array;
  checksum: string;
}

export class ModelState {
  readonly critic: Network;
  readonly generator: Network;
  readonly statistics: Float32Array;
  /** Critic steps and generator steps done. */
  step = 0;
  generator_step = 0;
  readonly #kernels: Kernels;
  /** The critic before a step that is not committed yet; its checksum is empty when nothing is held. */
  readonly #held: Network;

  constructor(kernels: Kernels, manifest: Manifest) {
    this.#kernels = kernels;
    this.critic = this.#network(manifest.layouts.critic);
    this.generator = this.#network(manifest.layouts.generator);
    this.statistics = new Float32Array(manifest.layouts.statistics.size);
    const { size } = manifest.layouts.critic;
    this.#held = { parameters: new Float32Array(size), square_average: new Float32Array(size), checksum: "" };
  }

  /** Bytes of WebAssembly memory that a state of this manifest takes, alignment included. */
  static bytesNeeded(manifest: Manifest): number {
    return 2 * 4 * (manifest.layouts.critic.size + manifest.layouts.generator.size) + 4 * 64;
  }

  #network(layout: Layout): Network {
    const parameters = this.#kernels.allocate(layout.size);
    const square_average = this.#kernels.allocate(layout.size);
    return { parameters, square_average, checksum: "" };
  }

  /** Remembers the critic until {@linkcode commit} or {@linkcode restoreCritic}. */
  holdCritic(): void {
    copyNetwork(this.critic, this.#held);
  }

  /** Undoes the critic's update of a step that failed half-way. */
  restoreCritic(): void {
    if (this.#held.checksum === "") return;
    copyNetwork(this.#held, this.critic);
    this.#held.checksum = "";
  }

  commit(step: number): void {
    this.step = step;
    this.#held.checksum = "";
  }

  /** Call after filling the buffers from outside. */
  refreshChecksums(): void {
    for (const network of [this.critic, this.generator]) {
      network.checksum = this.#kernels.checksum(network.parameters);
    }
  }

  /** Mean of the summed gradients, RMSProp, clip and checksum, in one pass over the buffers. */
  update(network: Network, sum: NodeSum, scale: number, options: RmspropOptions): void {
    network.checksum = this.#kernels.rmsprop({
      a: sum.a,
      b: sum.b,
      scale,
      w: network.parameters,
      v: network.square_average,
      ...options,
    });
  }

  /** r = 0.9 r + 0.1 s, in float32; s is the mean of the shards' batch statistics. */
  updateStatistics(batch: Float32Array): void {
    for (let i = 0; i < this.statistics.length; i++) {
      this.statistics[i] = Math.fround(STATISTICS_KEEP * this.statistics[i]!) +
        Math.fround(STATISTICS_MOMENTUM * batch[i]!);
    }
  }
}

function copyNetwork(from: Network, to: Network): void {
  to.parameters.set(from.parameters);
  to.square_average.set(from.square_average);
  to.checksum = from.checksum;
}

/** SHA-256 of all weights: critic, generator, running statistics, little-endian float32 in layout order. */
export function weightsSha256(state: ModelState): string {
  const hash = createHash("sha256");
  for (const part of [state.critic.parameters, state.generator.parameters, state.statistics]) {
    hash.update(part);
  }
  return hash.digest("hex");
}
