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

/** Of results that are on their way: the tail is of no concern here. */
const NO_VALUES = new Float32Array();

export class RoundChunks {
  readonly #num_shards: number;
  readonly #cut: (values: Float32Array, index: number) => Uint8Array;
  readonly #take: TakeChunk;
  /** Each as if it counted. */
  #on_their_way: NodeResult[] = [];
  /** What each chunk was made of when it was handed on, in the order of the shards; null before. */
  readonly #taken: (readonly NodeResult[] | null)[];

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
    this.#taken = new Array<null>(num_chunks).fill(null);
  }

  /** A result begins to come. */
  begin(result: OnItsWay): void {
    this.#on_their_way.push({ begin: result.begin, end: result.end, values: NO_VALUES, chunks: result });
  }

  /** A result counts now, or does not. */
  end(result: OnItsWay): void {
    this.#on_their_way = this.#on_their_way.filter(({ chunks }) => chunks !== result);
  }

  /** A chunk has come of one more result. `results`: those that count so far. */
  advance(index: number, results: readonly NodeResult[]): void {
    // Most often some have not come: that is found out without making anything.
    let num_shards = 0;
    for (const { begin, end } of results) num_shards += end - begin;
    for (const result of this.#on_their_way) if (has(result, index)) num_shards += result.end - result.begin;
    if (num_shards < this.#num_shards) return;
    this.#handOn(index, [...results, ...this.#on_their_way.filter((result) => has(result, index))]);
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
    for (let index = 0; index < this.#taken.length; index++) this.#handOn(index, results);
    return true;
  }

  /** Hands a chunk on if these results, which have it, cover all shards, and it has not the bits that it had. */
  #handOn(index: number, results: readonly NodeResult[]): void {
    const covering = cover(results, this.#num_shards);
    if (covering === null) return;
    const before = this.#taken[index];
    const is_same = before?.length === covering.length &&
      covering.every((result, i) => haveSameBits(result, before[i]!, index));
    if (is_same) return;
    this.#taken[index] = covering;
    this.#take(
      index,
      covering.map(({ begin, end, values, chunks }) => {
        return { begin, end, payload: chunks?.payloads[index] ?? this.#cut(values, index) };
      }),
    );
  }
}

function has({ chunks }: NodeResult, index: number): boolean {
  return index < chunks!.payloads.length;
}

/** True if two results are of one node, and have the same bits in a chunk. A node has one whole result that counts. */
function haveSameBits(a: NodeResult, b: NodeResult, index: number): boolean {
  return a.begin === b.begin && a.end === b.end && a.chunks?.checksums[index] === b.chunks?.checksums[index];
}

/**
 * Nodes of the tree that make up all shards, or null. The first of equal nodes is taken, and of those that begin at the
 * same shard the largest: nodes lie within each other or apart, so that no cover is missed.
 */
function cover(results: readonly NodeResult[], num_shards: number): NodeResult[] | null {
  const largest = new Map<number, NodeResult>();
  for (const result of results) {
    const other = largest.get(result.begin);
    if (other === undefined || result.end > other.end) largest.set(result.begin, result);
  }
  const covering: NodeResult[] = [];
  let at = 0;
  while (at < num_shards) {
    const next = largest.get(at);
    if (next === undefined) return null;
    covering.push(next);
    at = next.end;
  }
  return covering;
}
