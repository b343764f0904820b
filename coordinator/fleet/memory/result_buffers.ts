/** Memory of the kernels for results on their way to the sum, which takes them as they lie. */
import { canMap, PAGE_BYTES, wholePages } from "../../../common/files/mapped_file.ts";
import { type Kernels, largestOf } from "../../../kernels/kernels.ts";
import type { PayloadBuffers } from "../../../wire/parcel.ts";
import { numSlots } from "../../../wire/shared_ring.ts";

/** Results, and workers' rings, that there is memory for. */
const MAX_BUFFERS = 8;
/** What rings are mapped over takes addresses alone. There are enough of them, but not without end. */
const MAX_RINGS_BYTES = 512 * 1024 * 1024;

/** Room for one result in each, as a worker's ring has slots. */
export type RingMemory = readonly Uint8Array<ArrayBuffer>[];

/** When all buffers are taken, others do, at the cost of a copy. */
export class ResultBuffers implements PayloadBuffers {
  readonly #kernels: Kernels;
  readonly #size: number;
  readonly #free: Float32Array[];
  readonly #rings: RingMemory[];

  /** `size`: elements of the largest result. `num_rings`: of workers, to be mapped. */
  constructor(kernels: Kernels, num_shards: number, size: number, num_rings = 0) {
    this.#kernels = kernels;
    this.#size = size;
    this.#free = Array.from({ length: numBuffers(num_shards) }, () => kernels.allocate(size));
    const slot = () => wholePages(kernels.allocate(size, PAGE_BYTES));
    const ring = () => Array.from({ length: numSlots(num_shards) }, slot);
    this.#rings = Array.from({ length: num_rings }, ring);
  }

  static bytesNeeded(num_shards: number, size: number, num_rings = 0): number {
    const rings_bytes = num_rings === 0 ? 0 : num_rings * ringBytes(num_shards, size) + PAGE_BYTES;
    return numBuffers(num_shards) * (4 * size + 64) + rings_bytes;
  }

  /** How many rings there should be room for: none where none can be mapped. */
  static wantedRings(num_shards: number, size: number): number {
    if (!canMap()) return 0;
    return Math.min(numBuffers(num_shards), Math.floor(MAX_RINGS_BYTES / ringBytes(num_shards, size)));
  }

  take(bytes: number): Uint8Array {
    const buffer = bytes <= 4 * this.#size ? this.#free.pop() : undefined;
    return buffer ? new Uint8Array(buffer.buffer, buffer.byteOffset, bytes) : new Uint8Array(bytes);
  }

  recycle(payload: Uint8Array): void {
    if (!this.#kernels.owns(payload)) return;
    this.#free.push(new Float32Array(payload.buffer, payload.byteOffset, this.#size));
  }

  /** The largest magnitude of a result, wherever it lies; NaN where there is one. */
  largest(values: Float32Array): number {
    return this.#kernels.owns(values) ? this.#kernels.largest(values) : largestOf(values);
  }

  /** Memory to map a worker's ring over; null where there is none, or no more. */
  takeRing(): RingMemory | null {
    return this.#rings.pop() ?? null;
  }

  /** Gives back what {@linkcode takeRing} returned. */
  recycleRing(ring: RingMemory): void {
    this.#rings.push(ring);
  }
}

function numBuffers(num_shards: number): number {
  return Math.min(num_shards, MAX_BUFFERS);
}

function ringBytes(num_shards: number, size: number): number {
  return numSlots(num_shards) * (4 * size + PAGE_BYTES);
}
