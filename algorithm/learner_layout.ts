/**
 * What a learner begins a round with, and what it ends it with, as flat float32 buffers. The state of a network: its
 * weights, the optimizer's buffers, and behind those of the generator the running statistics. A result: the states of
 * critic and generator, then the figures of each step, then their marks, which are the checksums of the weights after
 * each step as numbers of 16 bits.
 */
import { type NetworkName, NETWORKS } from "../common/network_name.ts";
import { trainedLayout } from "../models/layout.ts";
import type { Layout, Manifest } from "../models/manifest.ts";
import type { TrainedNetwork } from "./network_update.ts";
import { OPTIMIZER_BUFFERS } from "./optimizer.ts";
import type { Optimizer } from "./optimizers.ts";

/** Means over a learner's shards of one step, in this order; of the generator 0 where it was not trained. */
export const FIGURES = ["loss_critic", "mean_D_real", "mean_D_fake", "loss_generator"] as const;
export type Figure = typeof FIGURES[number];

/** Numbers of a checksum's mark, and of both networks' marks of one step. */
const MARK = 4;
const MARKS = MARK * NETWORKS.length;

/** Both networks and the statistics, as they are trained. */
export interface LearnerState extends Readonly<Record<NetworkName, TrainedNetwork>> {
  readonly statistics: Float32Array;
}

type BufferName = "weights" | "statistics" | typeof OPTIMIZER_BUFFERS[Optimizer["kind"]][number];

/** One buffer in the state of a network; `begin`: where in a result. */
export interface Section {
  readonly network: NetworkName;
  readonly buffer: BufferName;
  readonly layout: Layout;
  readonly begin: number;
}

export class LearnerLayout {
  /** In a result's order. */
  readonly sections: readonly Section[];
  /** Numbers of a network's state. */
  readonly state_sizes: Readonly<Record<NetworkName, number>>;
  /** Numbers of a result. */
  readonly size: number;
  readonly #figures_begin: number;
  readonly #marks_begin: number;

  /** `steps`: critic steps of a round. */
  constructor(
    manifest: Pick<Manifest, "layouts" | "spectral_norm">,
    kind: Optimizer["kind"],
    readonly steps: number,
  ) {
    const sections: Section[] = [];
    let begin = 0;
    const add = (network: NetworkName, buffer: BufferName, layout: Layout) => {
      sections.push({ network, buffer, layout, begin });
      begin += layout.size;
    };
    const sizes = { critic: 0, generator: 0 };
    for (const network of NETWORKS) {
      const before = begin;
      add(network, "weights", manifest.layouts[network]);
      for (const buffer of OPTIMIZER_BUFFERS[kind]) add(network, buffer, trainedLayout(manifest, network));
      if (network === "generator") add(network, "statistics", manifest.layouts.statistics);
      sizes[network] = begin - before;
    }
    this.sections = sections;
    this.state_sizes = sizes;
    this.#figures_begin = begin;
    this.#marks_begin = begin + FIGURES.length * steps;
    this.size = this.#marks_begin + MARKS * steps;
  }

  /** A network's state within a result. */
  stateOf(result: Float32Array<ArrayBuffer>, network: NetworkName): Float32Array<ArrayBuffer> {
    const begin = this.#begin(network);
    return result.subarray(begin, begin + this.state_sizes[network]);
  }

  #begin(network: NetworkName): number {
    return this.sections.find((section) => section.network === network)!.begin;
  }

  /** Fills a network's state from buffers under training. */
  pack(network: NetworkName, from: LearnerState, state: Float32Array): void {
    this.#each(network, from, state, (buffer, part) => part.set(buffer));
  }

  /** Fills buffers under training from a network's state. */
  unpack(network: NetworkName, state: Float32Array, into: LearnerState): void {
    this.#each(network, into, state, (buffer, part) => buffer.set(part));
  }

  #each(
    network: NetworkName,
    state: LearnerState,
    flat: Float32Array,
    copy: (buffer: Float32Array, part: Float32Array) => void,
  ): void {
    const first = this.#begin(network);
    for (const section of this.sections) {
      if (section.network !== network) continue;
      const begin = section.begin - first;
      copy(bufferOf(state, section), flat.subarray(begin, begin + section.layout.size));
    }
  }

  /** The part of a result that is a section's. */
  partOf(result: Float32Array, { begin, layout }: Section): Float32Array {
    return result.subarray(begin, begin + layout.size);
  }

  /** Place of a figure in a result. `index`: of the step within the round, from 0. */
  placeOf(index: number, figure: Figure): number {
    return this.#figures_begin + FIGURES.length * index + FIGURES.indexOf(figure);
  }

  /** What lies at a place of a result, in words: a tensor, or a figure of a step. */
  nameAt(place: number): string {
    if (place >= this.#figures_begin) {
      const index = Math.floor((place - this.#figures_begin) / FIGURES.length);
      return index < this.steps ? `local step ${index + 1}` : "checksums";
    }
    const { buffer, layout, begin } = this.sections.findLast((section) => section.begin <= place)!;
    const { name } = layout.slots.findLast(({ offset }) => offset <= place - begin)!;
    return buffer === "weights" || buffer === "statistics" ? name : `${buffer} of ${name}`;
  }

  /** True if a place of a result holds figures, and not part of a state. */
  isFigure(place: number): boolean {
    return place >= this.#figures_begin;
  }

  /** Notes a checksum of 16 hexadecimal digits in a result. */
  mark(result: Float32Array, index: number, network: NetworkName, checksum: string): void {
    const begin = this.#markOf(index, network);
    for (let i = 0; i < MARK; i++) result[begin + i] = parseInt(checksum.slice(4 * i, 4 * i + 4), 16);
  }

  /** The checksum that was noted. */
  markAt(result: Float32Array, index: number, network: NetworkName): string {
    const begin = this.#markOf(index, network);
    return Array.from(
      result.subarray(begin, begin + MARK),
      (number) => number.toString(16).padStart(4, "0"),
    ).join("");
  }

  #markOf(index: number, network: NetworkName): number {
    return this.#marks_begin + MARKS * index + MARK * NETWORKS.indexOf(network);
  }
}

function bufferOf(state: LearnerState, { network, buffer }: Section): Float32Array {
  return buffer === "statistics" ? state.statistics : state[network][buffer]!;
}
