/**
 * Memory that chunks of results are copied to when they come, while they are in the processor's cache: there they are
 * checked, lie until the next round begins, and are added up without another copy. It holds one result for each shard; what
 * is more, where a worker is late and another computes the same, stays where the socket put it.
 */
import { ALIGNMENT_BYTES, checksumBytes, Kernels, MAX_CAPACITY_BYTES } from "../../../kernels/kernels.ts";

export class ChunkMemory {
  readonly #chunks_bytes: number;
  readonly #reserved_bytes: number;
  /** Made at the first chunk: a run without far workers needs none. */
  #made: { readonly kernels: Kernels; readonly room: Uint8Array } | null = null;
  /** Why there is no memory at all; null as long as none was missing. */
  #missing: RangeError | null = null;
  #used_bytes = 0;

  /** `chunks_bytes`: for chunks. `reserved_bytes`: for whoever allocates more of the {@linkcode kernels}. */
  constructor(chunks_bytes: number, reserved_bytes: number) {
    this.#chunks_bytes = chunks_bytes;
    this.#reserved_bytes = reserved_bytes;
  }

  /** The kernels whose memory this is. Throws RangeError where there is no room for what is reserved. */
  get kernels(): Kernels {
    const made = this.#open();
    if (made === null) throw this.#missing;
    return made.kernels;
  }

  /** Null where there is no memory. */
  #open() {
    if (this.#made !== null || this.#missing !== null) return this.#made;
    const most = Math.max(0, MAX_CAPACITY_BYTES - this.#reserved_bytes - ALIGNMENT_BYTES);
    for (const bytes of [Math.min(most, this.#chunks_bytes), 0]) {
      try {
        const kernels = Kernels.create(this.#reserved_bytes + ALIGNMENT_BYTES + bytes);
        const { buffer, byteOffset, byteLength } = kernels.allocate(Math.floor(bytes / 4));
        return this.#made = { kernels, room: new Uint8Array(buffer, byteOffset, byteLength) };
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        if (bytes === 0) this.#missing = error;
      }
    }
    return null;
  }

  /** Nobody reads the chunks any more that came until now. */
  beginRound(): void {
    this.#used_bytes = 0;
  }

  /** A copy of a chunk that stays until the next round begins; the chunk itself where there is no room. */
  keep(chunk: Uint8Array): Uint8Array {
    const { room } = this.#open() ?? {};
    if (room === undefined) return chunk;
    const begin = this.#used_bytes, end = begin + chunk.length;
    if (end > room.length) return chunk;
    const copy = room.subarray(begin, end);
    copy.set(chunk);
    this.#used_bytes = Math.ceil(end / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
    return copy;
  }

  /** True if a view lies here. */
  owns(view: Float32Array | Uint8Array): boolean {
    return this.#made !== null && this.#made.kernels.owns(view);
  }

  /** The largest magnitude of values; null where they do not lie here. */
  largest(values: Float32Array): number | null {
    return this.owns(values) ? this.kernels.largest(values) : null;
  }

  /** {@linkcode checksumBytes} of bytes wherever they lie. */
  checksum(bytes: Uint8Array): string {
    return this.owns(bytes) ? this.kernels.checksum(bytes) : checksumBytes(bytes);
  }
}
