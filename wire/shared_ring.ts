/**
 * Sums between processes of one machine: through a file in memory that both have open, instead of through the socket.
 * The socket still carries every message, in order; only the bytes of a payload lie here.
 *
 * A ring has one writer and any number of readers. A slot is an 8-byte tag, then, one page further on, the payload.
 * The writer clears the tag, writes the payload, then writes the new tag; a reader finds the tag before and after it
 * has read. So a reader that was overtaken notices, and never takes a mixture for a payload.
 */
import { PAGE_BYTES, pagesFor } from "../common/files/mapped_file.ts";
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

/** Reads a payload whose tag is there; false where it was overwritten since, and `into` then holds a mixture. */
function readParcel(file: Deno.FsFile, parcel: Parcel, into: Uint8Array): boolean {
  return readAt(file, payloadOffset(parcel.offset), into) && hasTag(file, parcel);
}

function hasTag(file: Deno.FsFile, { offset, tag }: Parcel): boolean {
  const found = new Uint8Array(TAG_BYTES);
  return readAt(file, offset, found) && found.toHex() === tag;
}

/**
 * Slots of a worker's ring: so many nodes of the summing tree make up a range at most, and one more for what came too
 * late. No more: slots are written in turn, and what is written must stay in the processor's cache.
 */
export function numSlots(num_shards: number): number {
  return Math.max(2, 2 * Math.ceil(Math.log2(num_shards)) - 2) + 1;
}

/** Where the slots of a ring begin, each for a payload of at most `max_bytes`. */
export function slotOffsets(max_bytes: number, num_slots: number): number[] {
  return Array.from({ length: num_slots }, (_, slot) => slot * slotBytes(max_bytes));
}

function slotBytes(max_bytes: number): number {
  return PAGE_BYTES + pagesFor(max_bytes);
}

export class RingWriter implements Disposable {
  /** Where its slots begin. */
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
    const file = createFile(path, num_slots * slotBytes(max_bytes));
    return new RingWriter(file, slotOffsets(max_bytes, num_slots));
  }

  /** The next slot, for a payload of at most `max_bytes` that somebody else will write. */
  reserve(): Parcel {
    const offset = this.slot_offsets[this.#count++ % this.slot_offsets.length]!;
    return { offset, tag: this.#count.toString(16).padStart(2 * TAG_BYTES, "0") };
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}

/** Slots that the reader has in memory, by their offsets. */
export type MappedSlots = ReadonlyMap<number, Uint8Array<ArrayBuffer>>;

export class RingReader implements Taker, Disposable {
  readonly #file: Deno.FsFile;
  readonly #buffers: PayloadBuffers;
  readonly #mapped: MappedSlots;
  readonly #mayStay: () => boolean;
  /** What was taken without a copy. */
  readonly #views = new WeakSet<Uint8Array>();

  private constructor(
    file: Deno.FsFile,
    buffers: PayloadBuffers,
    mapped: MappedSlots,
    mayStay: () => boolean,
  ) {
    this.#file = file;
    this.#buffers = buffers;
    this.#mapped = mapped;
    this.#mayStay = mayStay;
  }

  /**
   * Payloads are read into `buffers`, or left where they are if that is mapped and `mayStay` says that nothing will be
   * written there before they are recycled.
   */
  static open(
    path: string,
    buffers: PayloadBuffers,
    mapped: MappedSlots = new Map(),
    mayStay = () => false,
  ): RingReader {
    return new RingReader(Deno.openSync(path), buffers, mapped, mayStay);
  }

  take(parcel: Parcel, bytes: number): Uint8Array | null {
    // Before anything is allocated for it.
    if (!hasTag(this.#file, parcel)) return null;
    const slot = this.#mapped.get(parcel.offset);
    if (slot && bytes <= slot.length && this.#mayStay()) {
      const view = slot.subarray(0, bytes);
      this.#views.add(view);
      return view;
    }
    const payload = this.#buffers.take(bytes);
    if (readParcel(this.#file, parcel, payload)) return payload;
    this.#buffers.recycle(payload);
    return null;
  }

  recycle(payload: Uint8Array): void {
    if (!this.#views.has(payload)) this.#buffers.recycle(payload);
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}
