/**
 * Sums between processes of one machine: through a file in memory that both have open, instead of through the socket.
 * The socket still carries every message, in order; only the bytes of a payload lie here.
 *
 * A ring has one writer and any number of readers. A slot is an 8-byte tag, then, one page further on, the payload.
 * The writer clears the tag, writes the payload, then writes the new tag; a reader finds the tag before and after it
 * has read. So a reader that was overtaken notices, and never takes a mixture for a payload.
 */
import { PAGE_BYTES } from "../common/mapped_file.ts";
import type { Parcel, PayloadBuffers, Taker } from "./parcel.ts";
import { createFile, readAt, writeAt } from "./shared_file.ts";

const TAG_BYTES = 8;
const NO_TAG = new Uint8Array(TAG_BYTES);

/** Writes a payload to where {@linkcode RingWriter.reserve} said, through any handle on the ring's file. */
export function writeParcel(file: Deno.FsFile, parcel: Parcel, payload: Uint8Array): void {
  unseal(file, parcel);
  writeAt(file, payloadOffset(parcel.offset), payload);
  seal(file, parcel);
}

/**
 * Where the payload of the slot at `offset` begins: with a page. A copy to an odd place takes ten times as long (measured
 * on AMD, 8 bytes beside 16), and only whole pages can be mapped.
 */
export function payloadOffset(offset: number): number {
  return offset + PAGE_BYTES;
}

/** From now on nothing is taken out of a slot, until it is sealed. */
export function unseal(file: Deno.FsFile, { offset }: Parcel): void {
  writeAt(file, offset, NO_TAG);
}

/** Says that the payload is whole: for one that gets into the file another way than by {@linkcode writeParcel}. */
export function seal(file: Deno.FsFile, { offset, tag }: Parcel): void {
  writeAt(file, offset, Uint8Array.fromHex(tag));
}

/** Reads a payload of `into.length` bytes; false where it was overwritten, and `into` then holds a mixture. */
export function readParcel(file: Deno.FsFile, { offset, tag }: Parcel, into: Uint8Array): boolean {
  return hasTag(file, offset, tag) && readAt(file, payloadOffset(offset), into) && hasTag(file, offset, tag);
}

function hasTag(file: Deno.FsFile, offset: number, tag: string): boolean {
  const found = new Uint8Array(TAG_BYTES);
  return readAt(file, offset, found) && found.toHex() === tag;
}

function slotBytes(max_bytes: number): number {
  return PAGE_BYTES + Math.ceil(max_bytes / PAGE_BYTES) * PAGE_BYTES;
}

export class RingWriter implements Disposable {
  readonly #file: Deno.FsFile;
  readonly #max_bytes: number;
  readonly #num_slots: number;
  #count = 0;

  private constructor(file: Deno.FsFile, max_bytes: number, num_slots: number) {
    this.#file = file;
    this.#max_bytes = max_bytes;
    this.#num_slots = num_slots;
  }

  /**
   * Makes the file, readable by its owner alone, with room for `num_slots` payloads of up to `max_bytes`. Throws
   * where there is no room: all of it is taken now.
   */
  static create(path: string, max_bytes: number, num_slots: number): RingWriter {
    return new RingWriter(createFile(path, num_slots * slotBytes(max_bytes)), max_bytes, num_slots);
  }

  /** Where its slots begin. */
  get slot_offsets(): readonly number[] {
    return Array.from({ length: this.#num_slots }, (_, slot) => this.#offset(slot));
  }

  #offset(slot: number): number {
    return slot * slotBytes(this.#max_bytes);
  }

  /** The next slot, for a payload of at most `max_bytes` that somebody else will write. */
  reserve(): Parcel {
    const offset = this.#offset(this.#count++ % this.#num_slots);
    return { offset, tag: this.#count.toString(16).padStart(2 * TAG_BYTES, "0") };
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}

export class RingReader implements Taker, Disposable {
  readonly #file: Deno.FsFile;
  readonly #buffers: PayloadBuffers;

  private constructor(file: Deno.FsFile, buffers: PayloadBuffers) {
    this.#file = file;
    this.#buffers = buffers;
  }

  static open(path: string, buffers: PayloadBuffers): RingReader {
    return new RingReader(Deno.openSync(path), buffers);
  }

  take(parcel: Parcel, bytes: number): Uint8Array | null {
    const payload = this.#buffers.take(bytes);
    if (readParcel(this.#file, parcel, payload)) return payload;
    this.recycle(payload);
    return null;
  }

  recycle(payload: Uint8Array): void {
    this.#buffers.recycle(payload);
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}
