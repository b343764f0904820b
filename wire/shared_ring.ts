/**
 * Large payloads between processes of one machine: through a file in memory that both have open, instead of
 * through the socket. The socket still carries every message, in order; only the bytes of a payload lie here.
 *
 * A ring has one writer and any number of readers. A slot is an 8-byte tag, then, one page further on, the payload.
 * The writer clears the tag, writes the payload, then writes the new tag; a reader finds the tag before and after it
 * has read. So a reader that was overtaken notices, and never takes a mixture for a payload.
 */

import type { Parcel, PayloadBuffers, Sharer, Taker } from "./parcel.ts";

const TAG_BYTES = 8;
const NO_TAG = new Uint8Array(TAG_BYTES);
/**
 * Payloads begin with a page: a copy to an odd place takes ten times as long (measured on AMD, 8 bytes beside 16), and
 * only whole pages can be mapped.
 */
export const PAGE_BYTES = 4096;

function writeAt(file: Deno.FsFile, offset: number, bytes: Uint8Array): void {
  file.seekSync(offset, Deno.SeekMode.Start);
  for (let done = 0; done < bytes.length;) done += file.writeSync(bytes.subarray(done));
}

/** Writes a payload to where {@linkcode RingWriter.reserve} said, through any handle on the ring's file. */
export function writeParcel(file: Deno.FsFile, parcel: Parcel, payload: Uint8Array): void {
  unseal(file, parcel);
  writeAt(file, payloadOffset(parcel.offset), payload);
  seal(file, parcel);
}

/** Where the payload of the slot at `offset` begins. */
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

/** Reads exactly `into.length` bytes; false where the file ends before. */
function readAt(file: Deno.FsFile, offset: number, into: Uint8Array): boolean {
  file.seekSync(offset, Deno.SeekMode.Start);
  for (let done = 0; done < into.length;) {
    const read = file.readSync(into.subarray(done));
    if (read === null) return false;
    done += read;
  }
  return true;
}

function slotBytes(max_bytes: number): number {
  return PAGE_BYTES + Math.ceil(max_bytes / PAGE_BYTES) * PAGE_BYTES;
}

export class RingWriter implements Sharer, Disposable {
  readonly #file: Deno.FsFile;
  readonly #max_bytes: number;
  readonly #num_slots: number;
  #count = 0;
  /** What lies in each slot. */
  readonly #held: { readonly payload: Uint8Array; readonly parcel: Parcel }[] = [];

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
    const file = Deno.openSync(path, { read: true, write: true, createNew: true, mode: 0o600 });
    try {
      const zeros = new Uint8Array(slotBytes(max_bytes));
      for (let slot = 0; slot < num_slots; slot++) writeAt(file, slot * zeros.length, zeros);
    } catch (error) {
      file.close();
      Deno.removeSync(path);
      throw error;
    }
    return new RingWriter(file, max_bytes, num_slots);
  }

  /** Where its slots begin. */
  get slot_offsets(): readonly number[] {
    return Array.from({ length: this.#num_slots }, (_, slot) => this.#offset(slot));
  }

  #offset(slot: number): number {
    return slot * slotBytes(this.#max_bytes);
  }

  put(payload: Uint8Array): Parcel {
    const held = this.#held.find((slot) => slot.payload === payload);
    if (held) return held.parcel;
    if (payload.length > this.#max_bytes) {
      throw new RangeError(
        `A shared payload must have at most ${this.#max_bytes} bytes: found ${payload.length}`,
      );
    }
    const slot = this.#count % this.#num_slots;
    const parcel = this.reserve();
    writeParcel(this.#file, parcel, payload);
    this.#held[slot] = { payload, parcel };
    return parcel;
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
