/**
 * The trained state of a run: parameters and optimizer state of both networks in WebAssembly memory, and the
 * running statistics of the generator's batch normalisation. Changes only at committed steps.
 */
import type { NetworkName } from "../../common/network_name.ts";
import { PAGE_BYTES } from "../../common/files/mapped_file.ts";
import { Sha256 } from "../../common/sha256.ts";
import type { WireFormat } from "../../common/wire_format.ts";
import { ALIGNMENT_BYTES, type Kernels } from "../../kernels/kernels.ts";
import { roundDifference, roundedBytes } from "../../kernels/rounding.ts";
import type { Manifest } from "../../models/manifest.ts";
import { trainedLayout } from "../../models/layout.ts";
import { bytesOf } from "../../wire/frame.ts";
import type { Change, GivenWeights } from "../fleet/memory/published_weights.ts";
import { type Optimizer } from "../../algorithm/optimizers.ts";
import {
  followNorms,
  iteratesNorms,
  moveStatistics,
  type TrainedNetwork,
  updateNetwork,
} from "../../algorithm/network_update.ts";
import { type Made, type NodeSum, OPTIMIZER_BUFFERS, type UpdateOptions } from "../../algorithm/optimizer.ts";
import { AveragedGenerator } from "./averaged_generator.ts";
import { FIRST_RUN_CONTROL, type RunControlState } from "./run_control.ts";

/** Parameters of one network with its optimizer's state. */
export interface Network extends TrainedNetwork, GivenWeights {
  /** The parameters, then the vectors of spectral norms if there are any. */
  readonly weights: Float32Array<ArrayBuffer>;
  /**
   * What the workers hold and compute with: `weights` itself, or what rounded differences have made of it so far. In whole
   * pages, so that a file can be mapped over them.
   */
  readonly given: Float32Array<ArrayBuffer>;
  /** Of what is given. */
  checksum: string;
  /** The last update as a rounded difference; null where all is given whole. */
  change: Change | null;
}

export class ModelState {
  readonly critic: Network;
  readonly generator: Network;
  readonly statistics: Float32Array;
  /** Momentum of the outer step over each network's parameters; null where it has none. */
  readonly velocity: Readonly<Record<NetworkName, Float32Array>> | null;
  /** Null where the generator's weights are not averaged. */
  readonly averaged: AveragedGenerator | null;
  /** Critic steps and generator steps done. */
  step = 0;
  generator_step = 0;
  /** State of the run's own decisions. */
  run_control: RunControlState = FIRST_RUN_CONTROL;
  /** The memory that the networks lie in. */
  readonly kernels: Kernels;
  readonly #manifest: Manifest;
  readonly optimizer: Optimizer;
  /** The critic before a step that is not committed yet; its checksum is empty when nothing is held. */
  readonly #held: Network;
  readonly #wire: WireFormat;
  /** Room for the rounded differences of each network; null where there are none. */
  readonly #rounded: Readonly<Record<"critic" | "generator", Uint8Array>> | null;

  /**
   * `wire`: how differences of weights travel. `has_velocity`: whether an outer step has momentum. `ema_half_life`: of the
   * averaged generator, in examples; 0: there is none.
   */
  constructor(
    kernels: Kernels,
    manifest: Manifest,
    optimizer: Optimizer,
    wire: WireFormat = "float32",
    has_velocity = false,
    ema_half_life = 0,
  ) {
    this.kernels = kernels;
    this.#manifest = manifest;
    this.optimizer = optimizer;
    this.#wire = wire;
    const { critic, generator } = roundedSizes(manifest, wire);
    const room = (size: number) => bytesOf(kernels.allocate(size));
    this.#rounded = wire === "float32" ? null : { critic: room(critic), generator: room(generator) };
    this.critic = this.#network(manifest, "critic");
    this.generator = this.#network(manifest, "generator");
    this.statistics = new Float32Array(manifest.layouts.statistics.size);
    const velocityOf = (name: NetworkName) => new Float32Array(trainedLayout(manifest, name).size);
    this.velocity = has_velocity
      ? { critic: velocityOf("critic"), generator: velocityOf("generator") }
      : null;
    const { size } = trainedLayout(manifest, "generator");
    this.averaged = ema_half_life > 0 ? new AveragedGenerator(kernels, size, ema_half_life) : null;
    this.#held = networkOf(this, manifest, "critic", (size) => new Float32Array(size));
  }

  /** Bytes of WebAssembly memory that a state of this manifest takes, alignment included. */
  static bytesNeeded(
    manifest: Manifest,
    optimizer: Optimizer,
    wire: WireFormat = "float32",
    ema_half_life = 0,
  ): number {
    const num_given = wire === "float32" ? 0 : 1;
    const num_buffers = 1 + num_given + OPTIMIZER_BUFFERS[optimizer.kind].length;
    const { critic, generator } = manifest.layouts;
    const rounded = roundedSizes(manifest, wire);
    const averaged = ema_half_life > 0 ? 4 * generator.size + ALIGNMENT_BYTES : 0;
    return averaged + num_buffers * (4 * (critic.size + generator.size) + 2 * 64) +
      4 * (rounded.critic + rounded.generator) + 2 * 64 + (1 + num_given) * 2 * 2 * PAGE_BYTES;
  }

  /** The generator's parameters that samples are drawn with. */
  get sampled_parameters(): Float32Array {
    return this.averaged?.parameters ?? this.generator.parameters;
  }

  /** How differences of weights travel. */
  get format(): WireFormat {
    return this.#wire;
  }

  /** Whether the workers are given what rounded differences have made of the weights. */
  get is_rounded(): boolean {
    return this.#rounded !== null;
  }

  #network(manifest: Manifest, name: NetworkName): Network {
    return networkOf(this, manifest, name, (size, align) => this.kernels.allocate(size, align));
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

  /** A network was updated by what is no gradient: from now on it is none that could be saved. */
  spoil(network: NetworkName): void {
    this[network].square_average[0] = NaN;
  }

  commit(step: number): void {
    this.step = step;
    this.#held.checksum = "";
  }

  /** Gives the workers the weights as they are. */
  giveWhole(): void {
    for (const { given, weights } of [this.critic, this.generator]) if (given !== weights) given.set(weights);
  }

  /** Call after filling the buffers from outside. */
  refreshChecksums(): void {
    for (const network of [this.critic, this.generator]) {
      network.checksum = this.kernels.checksum(network.given);
    }
  }

  /**
   * Mean of the summed gradients, optimizer, clip and checksum, in one pass over the buffers; then, where the critic
   * has spectral norms, a step of the power method, and the checksum of all. False where the rate is so large that
   * weights would not be finite: the network is as it was then.
   */
  update(network: Network, sum: NodeSum, scale: number, options: UpdateOptions): boolean {
    const { kernels, optimizer } = this, tools = { kernels, manifest: this.#manifest, optimizer };
    const checksum = updateNetwork(tools, this.#nameOf(network), network, sum, scale, options);
    if (checksum === null) return false;
    this.#give(network);
    network.checksum = this.is_rounded ? kernels.checksum(network.given) : checksum;
    return true;
  }

  /**
   * Takes over an update that was made elsewhere, of all parameters, and of what the workers hold up to element `rest`.
   * What they hold from there on is made here, and returned as it travels.
   */
  takeOver(network: Network, made: Made, rest: number): Uint8Array {
    const { parameters, square_average, average, weights, given } = network;
    parameters.set(made.parameters.subarray(0, parameters.length));
    square_average.set(made.square_average.subarray(0, parameters.length));
    average?.set(made.average!.subarray(0, parameters.length));
    if (iteratesNorms(this.#manifest, this.#nameOf(network))) followNorms(this.#manifest, weights);
    let payload = bytesOf(weights.subarray(rest));
    if (this.#wire !== "float32") {
      given.set(made.given!.subarray(0, rest));
      payload = this.#roomFor(network).subarray(0, roundedBytes(this.#wire, given.length - rest));
      roundDifference(this.kernels, this.#wire, weights.subarray(rest), given.subarray(rest), payload);
    }
    network.change = null;
    network.checksum = this.kernels.checksum(given);
    return payload.slice();
  }

  #nameOf(network: Network): NetworkName {
    return network === this.critic ? "critic" : "generator";
  }

  #roomFor(network: Network): Uint8Array {
    return this.#rounded![this.#nameOf(network)];
  }

  /** Moves what the workers hold towards the weights, by a rounded difference; what it leaves out is in the next. */
  #give(network: Network): void {
    if (this.#wire === "float32") return;
    const rounded = this.#roomFor(network);
    roundDifference(this.kernels, this.#wire, network.weights, network.given, rounded);
    network.change = { from: network.checksum, rounded };
  }

  /** Index of the first infinity or NaN in a buffer of the state, -1 if there is none. */
  firstNonFinite(buffer: Float32Array): number {
    if (this.kernels.owns(buffer)) return this.kernels.firstNonFinite(buffer);
    return buffer.findIndex((value) => !Number.isFinite(value));
  }

  /** r = 0.9 r + 0.1 s, in float32; s is the mean of the shards' batch statistics. */
  updateStatistics(batch: Float32Array): void {
    moveStatistics(this.statistics, batch);
  }
}

/** Lengths of the rounded differences, counted in float32. */
function roundedSizes({ layouts }: Manifest, wire: WireFormat): { critic: number; generator: number } {
  const sizeOf = (size: number) => wire === "float32" ? 0 : roundedBytes(wire, size) / 4;
  return { critic: sizeOf(layouts.critic.size), generator: sizeOf(layouts.generator.size) };
}

function networkOf(
  { optimizer: { kind }, is_rounded }: Pick<ModelState, "optimizer" | "is_rounded">,
  manifest: Manifest,
  name: NetworkName,
  allocate: (size: number, alignment_bytes?: number) => Float32Array<ArrayBuffer>,
): Network {
  const { size } = trainedLayout(manifest, name);
  const average = kind === "adam" ? allocate(size) : null;
  const weights = allocate(manifest.layouts[name].size, PAGE_BYTES);
  return {
    weights,
    given: is_rounded ? allocate(manifest.layouts[name].size, PAGE_BYTES) : weights,
    parameters: weights.subarray(0, size),
    square_average: allocate(size),
    average,
    checksum: "",
    change: null,
  };
}

function copyNetwork(from: Network, to: Network): void {
  to.weights.set(from.weights);
  if (from.given !== from.weights) to.given.set(from.given);
  to.square_average.set(from.square_average);
  if (from.average) to.average!.set(from.average);
  to.checksum = from.checksum;
  to.change = null;
}

/** SHA-256 of the averaged generator, then the running statistics, as {@linkcode weightsSha256}; null where there is none. */
export function averagedSha256({ averaged, statistics }: ModelState): string | null {
  if (averaged === null) return null;
  const hash = new Sha256();
  for (const part of [averaged.parameters, statistics]) hash.update(part);
  return hash.hex();
}

/** SHA-256 of all weights: critic (spectral norms' vectors behind it), generator, running statistics, little-endian float32 in layout order. */
export function weightsSha256(state: ModelState): string {
  const hash = new Sha256();
  for (const part of [state.critic.weights, state.generator.weights, state.statistics]) hash.update(part);
  return hash.hex();
}
