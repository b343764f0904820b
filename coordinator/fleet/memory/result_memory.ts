/**
 * The memory of results: where they lie from when they come, and when that may be used again.
 *
 * The rule: what came in a round stays as its worker wrote it until the next round begins.
 *
 * - A result that came over a socket lies in memory of its own.
 * - A result in a worker's ring is read where it lies, without a copy, as long as its worker cannot come round to its
 *   slot: the worker owed nothing when the round began, and has been asked in it for no more results than its ring has
 *   slots. (Slots are taken in the order of the questions, but threads may fill them in another.)
 * - All other results in rings are copied as they come, also those that nobody asked for. Before a worker is asked for
 *   more than it has slots, those of its results that count are copied.
 * - Copies lie in the kernels' memory as long as there are buffers, so that the sum takes them as they lie. No slot and
 *   no buffer is handed out twice in a round.
 * - The ring of a worker that has left stays until the next round begins, like the buffers, and is free then.
 *
 * That holds for workers that keep the rule. `areWhole` tells afterwards whether they did: a slot has another tag once
 * something else is written to it.
 */
import { canMap, mapFile, PAGE_BYTES, wholePages } from "../../../common/files/mapped_file.ts";
import { type Kernels, largestOf } from "../../../kernels/kernels.ts";
import { bytesOf } from "../../../wire/frame.ts";
import type { PayloadReader, PayloadRef } from "../../../wire/payload_ref.ts";
import { numSlots, ringBytes, RingReader, slotOffsets } from "../../../wire/shared_ring.ts";
import type { NodeResult } from "../round.ts";

/** Results, and workers' rings, that there is memory for. */
const MAX_BUFFERS = 8;
/** Mapped rings use address space only; this bounds it. */
const MAX_RINGS_BYTES = 512 * 1024 * 1024;

/** Memory that a worker's file is mapped over. */
type Ring = Uint8Array<ArrayBuffer>;

/** A worker that shares. */
interface Peer {
  readonly reader: RingReader;
  readonly ring: Ring | null;
  /** Results that it was asked for and has not given. */
  owed: number;
  /** Results that it was asked for in the present round. */
  asked: number;
  /** True if what it put in this round stays where it is. */
  stays: boolean;
  /** Slots of which nothing was handed out in this round. */
  slots: Set<number>;
}

export class ResultMemory implements Disposable {
  readonly #kernels: Kernels;
  readonly #size: number;
  readonly #slot_offsets: readonly number[];
  readonly #peers = new Map<number, Peer>();
  /** Counts of the present round. */
  #kept: NodeResult[] = [];
  /** Read where they lie in the present round. */
  #in_place: { readonly peer: Peer; readonly parcel: PayloadRef }[] = [];
  readonly #free: Float32Array[];
  readonly #free_rings: Ring[];
  /** Handed out since the round began. */
  #lent: Float32Array[] = [];
  /** Workers that have left since the round began. */
  #left_rings: Ring[] = [];

  /**
   * `size`: float32 in the largest payload. `num_rings`: of workers, to be mapped. `group_shards`: of a wire group, if
   * there are any.
   */
  constructor(
    kernels: Kernels,
    num_shards: number,
    size: number,
    num_rings = 0,
    group_shards: number | null = null,
  ) {
    this.#kernels = kernels;
    this.#size = size;
    this.#slot_offsets = slotOffsets(4 * size, numSlots(num_shards, group_shards));
    this.#free = Array.from({ length: numBuffers(num_shards) }, () => kernels.allocate(size));
    const ring_bytes = bytesOfRing(num_shards, size, group_shards);
    const ring = () => wholePages(kernels.allocate(ring_bytes / 4, PAGE_BYTES));
    this.#free_rings = Array.from({ length: num_rings }, ring);
  }

  static bytesNeeded(
    num_shards: number,
    size: number,
    num_rings = 0,
    group_shards: number | null = null,
  ): number {
    const ring_bytes = bytesOfRing(num_shards, size, group_shards);
    const rings_bytes = num_rings === 0 ? 0 : num_rings * ring_bytes + PAGE_BYTES;
    return numBuffers(num_shards) * (4 * size + 64) + rings_bytes;
  }

  /** How many rings there should be room for: none where none can be mapped. */
  static wantedRings(num_shards: number, size: number, group_shards: number | null = null): number {
    if (!canMap()) return 0;
    const enough = Math.floor(MAX_RINGS_BYTES / bytesOfRing(num_shards, size, group_shards));
    return Math.min(numBuffers(num_shards), enough);
  }

  /** Takes in a worker that shares by the ring at `path`. Throws where that cannot be opened. */
  share(worker: number, path: string): PayloadReader {
    const ring = this.#map(path);
    const reader = RingReader.open(path, ring);
    const peer = { reader, ring, owed: 0, asked: 0, stays: true, slots: new Set(this.#slot_offsets) };
    this.#peers.set(worker, peer);
    return { take: (parcel, bytes) => this.#take(peer, parcel, bytes) };
  }

  /** Null where it cannot be mapped, or there is no memory for it. */
  #map(path: string): Ring | null {
    const ring = this.#free_rings.pop();
    if (ring === undefined) return null;
    if (mapFile(path, [{ memory: ring, offset: 0 }], "write")) return ring;
    this.#free_rings.push(ring);
    return null;
  }

  /** Nobody reads the results any more that came until now. */
  beginRound(): void {
    this.#kept = [];
    this.#in_place = [];
    this.#free.push(...this.#lent.splice(0));
    this.#free_rings.push(...this.#left_rings.splice(0));
    for (const peer of this.#peers.values()) {
      peer.asked = 0;
      peer.stays = peer.owed === 0;
      peer.slots = new Set(this.#slot_offsets);
    }
  }

  /** A worker is about to be asked for one more result, whether that will count or not. */
  expect(worker: number): void {
    const peer = this.#peers.get(worker);
    if (!peer) return;
    peer.owed++;
    peer.asked++;
    if (!peer.stays || peer.asked <= this.#slot_offsets.length) return;
    peer.stays = false;
    this.#kept = this.#kept.map((result) => {
      return isWithin(result.values, peer.ring) ? { ...result, values: this.#copyOf(result.values) } : result;
    });
    this.#in_place = this.#in_place.filter((other) => other.peer !== peer);
  }

  /** A result of the present round counts. */
  keep(result: NodeResult): void {
    this.#kept.push(result);
  }

  /** Counts of the present round. */
  get results(): readonly NodeResult[] {
    return this.#kept;
  }

  /**
   * True if nothing was written over what is read where it lies: to be asked once it has been read. Costs a few bytes of
   * each result, and tells what writers say that keep to shared_ring.ts: not what a stray pointer writes.
   */
  readonly areWhole = (): boolean => {
    return this.#in_place.every(({ peer, parcel }) => peer.reader.view(parcel, 0) !== null);
  };

  left(worker: number): void {
    const peer = this.#peers.get(worker);
    if (!peer) return;
    this.#peers.delete(worker);
    peer.reader[Symbol.dispose]();
    if (peer.ring) this.#left_rings.push(peer.ring);
  }

  /** The largest magnitude of a result, wherever it lies; NaN where there is one. */
  largest(values: Float32Array): number {
    return this.#kernels.owns(values) ? this.#kernels.largest(values) : largestOf(values);
  }

  #take(peer: Peer, parcel: PayloadRef, bytes: number): Uint8Array | null {
    const stays = peer.stays && peer.owed > 0;
    if (peer.owed > 0) peer.owed--;
    if (stays && peer.ring && bytes <= 4 * this.#size && peer.slots.delete(parcel.offset)) {
      const view = peer.reader.view(parcel, bytes);
      if (view !== null) this.#in_place.push({ peer, parcel });
      return view;
    }
    // Before anything is allocated for it.
    if (!peer.reader.has(parcel)) return null;
    const copy = this.#buffer(bytes);
    return peer.reader.read(parcel, copy) ? copy : null;
  }

  #copyOf(values: Float32Array): Float32Array {
    const copy = this.#buffer(values.byteLength);
    copy.set(bytesOf(values));
    return new Float32Array(copy.buffer, copy.byteOffset, values.length);
  }

  /** Exactly so many bytes, their content left from before. */
  #buffer(bytes: number): Uint8Array {
    const buffer = bytes <= 4 * this.#size ? this.#free.pop() : undefined;
    if (buffer === undefined) return new Uint8Array(bytes);
    this.#lent.push(buffer);
    return new Uint8Array(buffer.buffer, buffer.byteOffset, bytes);
  }

  [Symbol.dispose](): void {
    for (const worker of [...this.#peers.keys()]) this.left(worker);
  }
}

function isWithin({ buffer, byteOffset }: Float32Array, ring: Ring | null): boolean {
  return ring !== null && buffer === ring.buffer && byteOffset >= ring.byteOffset &&
    byteOffset < ring.byteOffset + ring.length;
}

function numBuffers(num_shards: number): number {
  return Math.min(num_shards, MAX_BUFFERS);
}

function bytesOfRing(num_shards: number, size: number, group_shards: number | null): number {
  return ringBytes(4 * size, numSlots(num_shards, group_shards));
}
