/**
 * Chunks of a flat buffer as it travels: whole blocks of 256 numbers, so that each chunk of a rounded buffer has scales of
 * its own and can be read by itself. Elementwise passes over chunks give the bits of one pass over the whole.
 */
import { roundedBytes, type RoundedFormat, scalesBytes } from "./rounding.ts";

/** Elements [begin, end) of a buffer. */
export interface Chunk {
  readonly begin: number;
  readonly end: number;
}

/** A chunk's length is a multiple of this, but for the last one's. */
export const CHUNK_UNIT = 256;

const FLOAT_BYTES = 4;
/**
 * Chunks of a critic, or fewer, up to {@linkcode LONGEST}: a critic step takes about one of them longer than the slower
 * direction.
 */
export const MOST_CHUNKS = 20;
/** Chunks of a generator, which is sent less often and must not make the critic's chunks much longer. */
const MOST_GENERATOR_CHUNKS = 80;
/** 64 KiB to 1 MiB as float32: smaller ones cost more time than they save. */
const SHORTEST = 1 << 14;
const LONGEST = 1 << 18;

/** Length of the chunks of networks with so many elements: whoever is told another one uses that. */
export function chunkFloats(
  { critic, generator }: { readonly critic: number; readonly generator: number },
): number {
  const longest = Math.max(critic / MOST_CHUNKS, generator / MOST_GENERATOR_CHUNKS);
  const even = Math.ceil(longest / CHUNK_UNIT) * CHUNK_UNIT;
  return Math.min(LONGEST, Math.max(SHORTEST, even));
}

/** `n` elements as chunks of `chunk_floats`, a multiple of {@linkcode CHUNK_UNIT}. */
export function chunksOf(n: number, chunk_floats: number): Chunk[] {
  if (!(chunk_floats > 0 && chunk_floats % CHUNK_UNIT === 0)) {
    throw new RangeError(`Cannot cut: chunks must be a multiple of ${CHUNK_UNIT}, found ${chunk_floats}`);
  }
  return Array.from({ length: Math.ceil(n / chunk_floats) }, (_, i) => {
    return { begin: i * chunk_floats, end: Math.min(n, (i + 1) * chunk_floats) };
  });
}

/** Bytes of `n` elements as they travel. */
export function travelBytes(format: RoundedFormat | "float32", n: number): number {
  return format === "float32" ? FLOAT_BYTES * n : roundedBytes(format, n);
}

/** A chunk of a buffer of `n` elements that is as it travels: a view where its bytes lie together, else a copy. */
export function cutChunk(
  format: RoundedFormat | "float32",
  whole: Uint8Array,
  n: number,
  { begin, end }: Chunk,
): Uint8Array {
  const bytes = travelBytes(format, end - begin);
  if (format !== "int8") {
    const at = begin * (format === "float32" ? FLOAT_BYTES : 2);
    return whole.subarray(at, at + bytes);
  }
  const chunk = new Uint8Array(bytes);
  const { scales_at, scales_bytes, numbers_at } = partsOf(n, { begin, end });
  chunk.set(whole.subarray(scales_at, scales_at + scales_bytes));
  chunk.set(whole.subarray(numbers_at, numbers_at + bytes - scales_bytes), scales_bytes);
  return chunk;
}

/** Puts a chunk back into its place in a buffer of `n` elements. */
export function placeChunk(
  format: RoundedFormat | "float32",
  whole: Uint8Array,
  n: number,
  { begin, end }: Chunk,
  chunk: Uint8Array,
): void {
  const bytes = travelBytes(format, end - begin);
  if (chunk.length !== bytes) {
    throw new RangeError(`Cannot place: a chunk must have ${bytes} bytes, found ${chunk.length}`);
  }
  if (format !== "int8") return whole.set(chunk, begin * (format === "float32" ? FLOAT_BYTES : 2));
  const { scales_at, scales_bytes, numbers_at } = partsOf(n, { begin, end });
  whole.set(chunk.subarray(0, scales_bytes), scales_at);
  whole.set(chunk.subarray(scales_bytes), numbers_at);
}

/** Where a chunk's scales and numbers lie within an int8 buffer of `n` elements. */
function partsOf(n: number, { begin, end }: Chunk) {
  return {
    scales_at: scalesBytes(begin),
    scales_bytes: scalesBytes(end - begin),
    numbers_at: scalesBytes(n) + begin,
  };
}
