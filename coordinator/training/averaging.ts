/**
 * The sum of all shards' results, in the order of the fixed tree whatever nodes arrived: so the bits do not
 * depend on who computed what.
 */
import type { NodeSum } from "../../algorithm/optimizer.ts";
import type { Kernels } from "../../kernels/kernels.ts";
import { split, type TreeNode } from "../../kernels/tree.ts";
import type { NetworkName } from "../../common/network_name.ts";
import type { NodeResult } from "../fleet/round.ts";

/** Reads results that are rounded. */
export interface RoundedReader {
  /** Numbers of a result. */
  size(kind: NetworkName): number;
  /** Fills `into`, memory of the kernels, with the numbers of a payload. */
  unpack(kind: NetworkName, payload: Float32Array, into: Float32Array): Float32Array;
}

/** Slots needed for a tree over `num_shards` leaves: one per level on the way down, and one to add. */
function numSlots(num_shards: number): number {
  return Math.ceil(Math.log2(Math.max(2, num_shards))) + 1;
}

export class TreeSum {
  readonly #kernels: Kernels;
  readonly #num_shards: number;
  readonly #slots: Float32Array[];
  readonly #packed: RoundedReader | null;
  readonly #spares: boolean;

  /**
   * `size`: elements of the largest result. `packed`: reads rounded results; null: they are float32. `spares`: results in the
   * kernels' memory stay as they are.
   */
  constructor(
    kernels: Kernels,
    num_shards: number,
    size: number,
    packed: RoundedReader | null = null,
    spares = false,
  ) {
    this.#packed = packed;
    this.#spares = spares;
    this.#kernels = kernels;
    this.#num_shards = num_shards;
    this.#slots = Array.from({ length: numSlots(num_shards) }, () => kernels.allocate(size));
  }

  static bytesNeeded(num_shards: number, size: number): number {
    return numSlots(num_shards) * (4 * size + 64);
  }

  /**
   * Adds the results, which must cover all shards exactly. Those in the kernels' memory are overwritten, unless they are
   * rounded or spared. The sum is valid until the next call, or until these are.
   */
  sum(results: readonly NodeResult[], kind: NetworkName): NodeSum {
    const { place, find } = this.#at(results, kind);
    const whole = find(0, this.#num_shards);
    if (whole) return { a: place(whole, 0), b: null };
    const middle = split(0, this.#num_shards);
    const a = this.#node(0, middle, 0, place, find);
    return { a, b: this.#node(middle, this.#num_shards, 1, place, find) };
  }

  /** The sum of one node, whose shards the results must cover: as {@linkcode sum}, but in one buffer. */
  sumOf({ begin, end }: TreeNode, results: readonly NodeResult[], kind: NetworkName): Float32Array {
    const { place, find } = this.#at(results, kind);
    return this.#node(begin, end, 0, place, find);
  }

  #at(results: readonly NodeResult[], kind: NetworkName) {
    const by_begin = new Map<number, NodeResult[]>();
    for (const r of results) by_begin.set(r.begin, [...(by_begin.get(r.begin) ?? []), r]);
    return {
      place: (result: NodeResult, slot: number) => this.#place(result, kind, slot),
      find: (begin: number, end: number) => by_begin.get(begin)?.find((r) => r.end === end),
    };
  }

  #place(result: NodeResult, kind: NetworkName, slot: number): Float32Array {
    const packed = this.#packed;
    if (packed) return packed.unpack(kind, result.values, this.#slots[slot]!.subarray(0, packed.size(kind)));
    if (this.#kernels.owns(result.values)) return result.values;
    const view = this.#slots[slot]!.subarray(0, result.values.length);
    view.set(result.values);
    return view;
  }

  #node(
    begin: number,
    end: number,
    slot: number,
    place: (result: NodeResult, slot: number) => Float32Array,
    find: (begin: number, end: number) => NodeResult | undefined,
  ): Float32Array {
    const result = find(begin, end);
    if (result) return place(result, slot);
    if (end - begin < 2) throw new Error(`No result of shard ${begin} in a round that counts as complete`);
    const middle = split(begin, end);
    const left = this.#node(begin, middle, slot, place, find);
    const right = this.#node(middle, end, slot + 1, place, find);
    const sum = this.#spares ? this.#slots[slot]!.subarray(0, left.length) : left;
    this.#kernels.add(sum, left, right);
    return sum;
  }
}
