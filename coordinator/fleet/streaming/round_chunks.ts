/**
 * The chunks of one round: handed on as soon as every shard has them, while the rest is on its way. Pure.
 *
 * What is handed on is provisional. A worker may die before its last chunk, or send one that does not count; then another
 * computes its node, and a chunk of which that gives other bits is handed on once more. When the round is complete, all
 * chunks are those of the results that count.
 */
import type { NodeResult } from "../round.ts";
import type { ChunkedGradients } from "./result_chunks.ts";

/** A chunk of a node's sum, as it travels. */
export interface ChunkPart {
  readonly begin: number;
  readonly end: number;
  readonly payload: Uint8Array;
}

/** Takes chunks of which there is a part for every shard. A chunk may come again, with other bits. */
export type TakeChunk = (index: number, parts: readonly ChunkPart[]) => void;

/** A result that is on its way. */
export interface OnItsWay extends ChunkedGradients {
  readonly begin: number;
  readonly end: number;
}

/** A result that has a certain chunk. `key`: equal keys of a node mean equal bits. */
interface Source {
  readonly begin: number;
  readonly end: number;
  readonly key: string;
  readonly payload: () => Uint8Array;
}

export class RoundChunks {
  readonly #num_shards: number;
  readonly #cut: (values: Float32Array, index: number) => Uint8Array;
  readonly #take: TakeChunk;
  #on_their_way: OnItsWay[] = [];
  /** What each chunk was made of when it was handed on; empty before. */
  readonly #taken: string[];

  /** `cut`: a chunk of a result that came whole. */
  constructor(
    num_shards: number,
    num_chunks: number,
    cut: (values: Float32Array, index: number) => Uint8Array,
    take: TakeChunk,
  ) {
    this.#num_shards = num_shards;
    this.#cut = cut;
    this.#take = take;
    this.#taken = new Array<string>(num_chunks).fill("");
  }

  /** A result begins to come. */
  begin(result: OnItsWay): void {
    this.#on_their_way.push(result);
  }

  /** A result counts now, or does not. */
  end(result: OnItsWay): void {
    this.#on_their_way = this.#on_their_way.filter((other) => other !== result);
  }

  /** A chunk has come of one more result. `results`: those that count so far. */
  advance(index: number, results: readonly NodeResult[]): void {
    // Most often some have not come: that is found out without making anything.
    let num_shards = 0;
    for (const { begin, end } of results) num_shards += end - begin;
    for (const { begin, end, payloads } of this.#on_their_way) {
      if (index < payloads.length) num_shards += end - begin;
    }
    if (num_shards < this.#num_shards) return;
    const sources = results.map((result) => this.#sourceOf(result, index));
    for (const result of this.#on_their_way) {
      if (index < result.payloads.length) sources.push(chunkOf(result, index));
    }
    this.#handOn(index, sources);
  }

  /** A result counts now. `results`: those that do, this one included. */
  counts(result: NodeResult, results: readonly NodeResult[]): void {
    // Its chunks, if it came in some, were there before.
    if (result.chunks) return;
    for (let index = 0; index < this.#taken.length; index++) this.advance(index, results);
  }

  /**
   * The round is complete: sees to it that what was handed on is of these results, which cover all shards. False where all
   * of them came whole after all: what was handed on may be of others then.
   */
  finish(results: readonly NodeResult[]): boolean {
    if (results.every(({ chunks }) => chunks === undefined)) return false;
    for (let index = 0; index < this.#taken.length; index++) {
      this.#handOn(index, results.map((result) => this.#sourceOf(result, index)));
    }
    return true;
  }

  #sourceOf(result: NodeResult, index: number): Source {
    if (result.chunks) return chunkOf({ ...result, ...result.chunks }, index);
    const { begin, end, values } = result;
    // A node has one result that counts.
    return { begin, end, key: "whole", payload: () => this.#cut(values, index) };
  }

  /** Hands a chunk on if these sources cover all shards, and not just as before. */
  #handOn(index: number, sources: readonly Source[]): void {
    const covering = cover(sources, this.#num_shards);
    if (covering === null) return;
    const key = covering.map(({ begin, end, key }) => `${begin}-${end} ${key}`).join();
    if (key === this.#taken[index]) return;
    this.#taken[index] = key;
    this.#take(index, covering.map(({ begin, end, payload }) => ({ begin, end, payload: payload() })));
  }
}

function chunkOf({ begin, end, payloads, checksums }: OnItsWay, index: number): Source {
  return { begin, end, key: checksums[index]!, payload: () => payloads[index]! };
}

/**
 * Nodes of the tree that make up all shards, or null. The first of equal nodes is taken, and of those that begin at the
 * same shard the largest: nodes lie within each other or apart, so that no cover is missed.
 */
function cover(sources: readonly Source[], num_shards: number): Source[] | null {
  const largest = new Map<number, Source>();
  for (const source of sources) {
    const other = largest.get(source.begin);
    if (other === undefined || source.end > other.end) largest.set(source.begin, source);
  }
  const covering: Source[] = [];
  let at = 0;
  while (at < num_shards) {
    const next = largest.get(at);
    if (next === undefined) return null;
    covering.push(next);
    at = next.end;
  }
  return covering;
}
