/**
 * Large payloads between processes of one machine: through a file in memory that both have open, instead of
 * through the socket. The socket still carries every message, in order; only the bytes of a payload lie here.
 *
 * A ring has one writer and any number of readers. A slot is an 8-byte tag, then the payload. The writer clears
 * the tag, writes the payload, then writes the new tag; a reader finds the tag before and after it has read. So a
 * reader that was overtaken notices, and never takes a mixture for a payload.
 */

import type { Parcel, Sharer, Taker } from "./parcel.ts";

const TAG_BYTES = 8;
const NO_TAG = new Uint8Array(TAG_BYTES);
const ALIGNMENT_BYTES = 64;

function writeAt(file: Deno.FsFile, offset: number, bytes: Uint8Array): void {
  file.seekSync(offset, Deno.SeekMode.Start);
  for (let done = 0; done < bytes.length;) done += file.writeSync(bytes.subarray(done));
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

export class RingWriter implements Sharer, Disposable {
  readonly #file: Deno.FsFile;
  readonly #slot_bytes: number;
  readonly #num_slots: number;
  #count = 0;
  /** What lies in each slot. */
  readonly #held: { readonly payload: Uint8Array; readonly parcel: Parcel }[] = [];

  private constructor(file: Deno.FsFile, slot_bytes: number, num_slots: number) {
    this.#file = file;
    this.#slot_bytes = slot_bytes;
    this.#num_slots = num_slots;
  }

  /**
   * Makes the file, readable by its owner alone, with room for `num_slots` payloads of up to `max_bytes`. Throws
   * where there is no room: all of it is taken now.
   */
  static create(path: string, max_bytes: number, num_slots: number): RingWriter {
    const slot_bytes = Math.ceil((TAG_BYTES + max_bytes) / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
    const file = Deno.openSync(path, { read: true, write: true, createNew: true, mode: 0o600 });
    try {
      const zeros = new Uint8Array(slot_bytes);
      for (let slot = 0; slot < num_slots; slot++) writeAt(file, slot * slot_bytes, zeros);
    } catch (error) {
      file.close();
      Deno.removeSync(path);
      throw error;
    }
    return new RingWriter(file, slot_bytes, num_slots);
  }

  put(payload: Uint8Array): Parcel {
    const held = this.#held.find((slot) => slot.payload === payload);
    if (held) return held.parcel;
    if (TAG_BYTES + payload.length > this.#slot_bytes) {
      throw new RangeError(
        `A shared payload must have at most ${this.#slot_bytes - TAG_BYTES} bytes: found ${payload.length}`,
      );
    }
    const slot = this.#count++ % this.#num_slots;
    const offset = slot * this.#slot_bytes;
    const tag = this.#count.toString(16).padStart(2 * TAG_BYTES, "0");
    writeAt(this.#file, offset, NO_TAG);
    writeAt(this.#file, offset + TAG_BYTES, payload);
    writeAt(this.#file, offset, Uint8Array.fromHex(tag));
    const parcel = { offset, tag };
    this.#held[slot] = { payload, parcel };
    return parcel;
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}

export class RingReader implements Taker, Disposable {
  readonly #file: Deno.FsFile;
  /** Buffers that nobody reads, by their length. */
  readonly #spares = new Map<number, Uint8Array[]>();
  readonly #tag = new Uint8Array(TAG_BYTES);

  private constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  static open(path: string): RingReader {
    return new RingReader(Deno.openSync(path));
  }

  take({ offset, tag }: Parcel, bytes: number): Uint8Array | null {
    const payload = this.#spares.get(bytes)?.pop() ?? new Uint8Array(bytes);
    const whole = this.#hasTag(offset, tag) && readAt(this.#file, offset + TAG_BYTES, payload) &&
      this.#hasTag(offset, tag);
    if (whole) return payload;
    this.recycle(payload);
    return null;
  }

  recycle(payload: Uint8Array): void {
    const spares = this.#spares.get(payload.length);
    if (spares) spares.push(payload);
    else this.#spares.set(payload.length, [payload]);
  }

  #hasTag(offset: number, tag: string): boolean {
    return readAt(this.#file, offset, this.#tag) && this.#tag.toHex() === tag;
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}
