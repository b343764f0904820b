/**
 * Sums between processes of one machine: through a file in memory that both have open, instead of through the socket.
 * The socket still carries every message, in order; only the bytes of a payload lie here.
 *
 * A ring has one writer and any number of readers. A slot is an 8-byte tag, then, one page further on, the payload.
 * The writer clears the tag, writes the payload, then writes the new tag; a reader finds the tag before and after it
 * has copied. So a reader that was overtaken notices, and never takes a mixture for a payload. A reader that leaves a
 * payload where it lies must know by itself that its slot is not written to meanwhile.
 */
import { PAGE_BYTES, pagesFor } from "../common/files/mapped_file.ts";
import type { PayloadRef } from "./payload_ref.ts";
import { createFile, readAt, writeAt } from "./shared_file.ts";

const TAG_BYTES = 8;
const NO_TAG = new Uint8Array(TAG_BYTES);

/** Writes a payload to where {@linkcode RingWriter.reserve} said, through any handle on the ring's file. */
export function writeParcel(file: Deno.FsFile, parcel: PayloadRef, payload: Uint8Array): void {
  unseal(file, parcel);
  writeAt(file, payloadOffset(parcel.offset), payload);
  seal(file, parcel);
}

/**
 * Offset of the payload of the slot at `offset`, on a page boundary. A copy to an odd place takes ten times as long (measured
 * on AMD, 8 bytes beside 16), and only whole pages can be mapped.
 */
export function payloadOffset(offset: number): number {
  return offset + PAGE_BYTES;
}

/** From now on nothing is taken out of a slot, until it is sealed. */
export function unseal(file: Deno.FsFile, { offset }: PayloadRef): void {
  writeAt(file, offset, NO_TAG);
}

/** Says that the payload is whole: for one that gets into the file another way than by {@linkcode writeParcel}. */
export function seal(file: Deno.FsFile, { offset, tag }: PayloadRef): void {
  writeAt(file, offset, Uint8Array.fromHex(tag));
}

function hasTag(file: Deno.FsFile, { offset, tag }: PayloadRef): boolean {
  const found = new Uint8Array(TAG_BYTES);
  return readAt(file, offset, found) && found.toHex() === tag;
}

/**
 * Slots of a worker's ring: so many nodes of the summing tree make up a range at most, or wire groups where there are
 * any, and one more for what came too late. No more: slots are written in turn, and what is written must stay in the
 * processor's cache.
 */
export function numSlots(num_shards: number, group_shards: number | null = null): number {
  if (group_shards !== null) return num_shards / group_shards + 1;
  return Math.max(2, 2 * Math.ceil(Math.log2(num_shards)) - 2) + 1;
}

/** Offsets of a ring's slots, each for a payload of at most `max_bytes`. */
export function slotOffsets(max_bytes: number, num_slots: number): number[] {
  return Array.from({ length: num_slots }, (_, slot) => slot * slotBytes(max_bytes));
}

/** Bytes of a whole ring. */
export function ringBytes(max_bytes: number, num_slots: number): number {
  return num_slots * slotBytes(max_bytes);
}

function slotBytes(max_bytes: number): number {
  return PAGE_BYTES + pagesFor(max_bytes);
}

export class RingWriter implements Disposable {
  /** Offset of its slots. */
  readonly slot_offsets: readonly number[];
  readonly #file: Deno.FsFile;
  #count = 0;

  private constructor(file: Deno.FsFile, slot_offsets: readonly number[]) {
    this.#file = file;
    this.slot_offsets = slot_offsets;
  }

  /**
   * Makes the file, readable by its owner alone, with room for `num_slots` payloads of up to `max_bytes`. Throws
   * where there is no room: all of it is taken now.
   */
  static create(path: string, max_bytes: number, num_slots: number): RingWriter {
    const file = createFile(path, ringBytes(max_bytes, num_slots));
    return new RingWriter(file, slotOffsets(max_bytes, num_slots));
  }

  /** The next slot, for a payload of at most `max_bytes` that somebody else will write. */
  reserve(): PayloadRef {
    const offset = this.slot_offsets[this.#count++ % this.slot_offsets.length]!;
    return { offset, tag: this.#count.toString(16).padStart(2 * TAG_BYTES, "0") };
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}

/**
 * The reading side. `memory`: the whole file as it is mapped, {@linkcode ringBytes} of it; null where it is not. When
 * what a slot holds may be overwritten is for others to know.
 */
export class RingReader implements Disposable {
  readonly #file: Deno.FsFile;
  readonly #memory: Uint8Array<ArrayBuffer> | null;

  private constructor(file: Deno.FsFile, memory: Uint8Array<ArrayBuffer> | null) {
    this.#file = file;
    this.#memory = memory;
  }

  static open(path: string, memory: Uint8Array<ArrayBuffer> | null = null): RingReader {
    return new RingReader(Deno.openSync(path), memory);
  }

  /**
   * A payload where it lies, as long as its writer does not come round to its slot; null where its tag is gone or
   * nothing is mapped.
   *
   * The tag is read from memory, without the two calls of the system that a file takes. That keeps its promise: the
   * message that names a parcel is sent when payload and tag are written, and is received before either is read here, so
   * the socket has ordered both sides' memory already. A mapped page and a write to the file are one memory
   * (mapped_file.ts). So a tag that is there says that the payload is, too, and that no later one was begun: its writer
   * clears the tag first. What is begun later than this look, the tag cannot tell: whoever calls must know of none.
   */
  view({ offset, tag }: PayloadRef, bytes: number): Uint8Array | null {
    if (this.#memory === null || payloadOffset(offset) + bytes > this.#memory.length) return null;
    if (this.#memory.subarray(offset, offset + TAG_BYTES).toHex() !== tag) return null;
    return this.#memory.subarray(payloadOffset(offset), payloadOffset(offset) + bytes);
  }

  /** True if a payload is there and whole. */
  has(parcel: PayloadRef): boolean {
    return hasTag(this.#file, parcel);
  }

  /**
   * Copies a payload; false where it was overwritten before it was all read, and `into` then holds a mixture. The tag
   * behind the copy is read by a call of the system: loads from mapped memory might come before the end of the copy.
   */
  read(parcel: PayloadRef, into: Uint8Array): boolean {
    return readAt(this.#file, payloadOffset(parcel.offset), into) && hasTag(this.#file, parcel);
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}
