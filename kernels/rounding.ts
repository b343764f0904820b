/**
 * Numbers in fewer bytes, for slow links. `int8`: blocks of 256 share a scale s = max|x| / 127, a float32, and each
 * number is a whole multiple of it from -127 to 127; blocks of nothing above 1.5e-36 become zeros. `bfloat16`: the upper
 * half of a float32.
 *
 * Gradients are rounded by chance, floor(x / s + u) with u uniform in [0, 1): right on average, with random words that
 * depend on the stream's name and the position alone, so that whoever rounds gets the same bits. What is off is less
 * than s, or than one unit in the last place. Weights go as differences to what the other side holds, rounded to the
 * nearest: what was left out is in the next difference.
 */
import { PURPOSES, type StreamKey } from "../random/philox.ts";
import type { Kernels } from "./kernels.ts";

/** Formats of fewer bytes than float32. */
export const ROUNDED_FORMATS = ["bfloat16", "int8"] as const;
export type RoundedFormat = typeof ROUNDED_FORMATS[number];

const BLOCK_FLOATS = 256;
const FLOAT_BYTES = 4;

/** Bytes that `n` numbers take: for int8 the scales, then the numbers; each part a multiple of four bytes. */
export function roundedBytes(format: RoundedFormat, n: number): number {
  return format === "bfloat16" ? wholeFloats(2 * n) : scalesBytes(n) + wholeFloats(n);
}

/** Rounds `values` by chance into `rounded`, of {@linkcode roundedBytes}. NaN and infinities become NaN in int8. */
export function roundByChance(
  kernels: Kernels,
  format: RoundedFormat,
  values: Float32Array,
  rounded: Uint8Array,
  { seed, purpose, counter, shard }: StreamKey,
): void {
  checkSize(format, values.length, rounded);
  const { exports } = kernels;
  const x = kernels.address(values), to = kernels.address(rounded), n = values.length;
  exports.stream(shard, counter, PURPOSES[purpose], seed | 0, Math.floor(seed / 2 ** 32));
  if (format === "bfloat16") exports.encode16(to, x, n);
  else exports.encode8(to, to + scalesBytes(n), x, n);
}

/** Fills `values` with what was rounded. */
export function expand(
  kernels: Kernels,
  format: RoundedFormat,
  rounded: Uint8Array,
  values: Float32Array,
): void {
  decode(kernels, format, rounded, values, 0);
}

/** Rounds `values` - `held` to the nearest into `rounded`, and makes `held` what {@linkcode addDifference} makes of it. */
export function roundDifference(
  kernels: Kernels,
  format: RoundedFormat,
  values: Float32Array,
  held: Float32Array,
  rounded: Uint8Array,
): void {
  checkSize(format, values.length, rounded);
  if (held.length !== values.length) {
    throw new RangeError(`Cannot round: held must have ${values.length} elements, found ${held.length}`);
  }
  const { exports } = kernels;
  const x = kernels.address(values), h = kernels.address(held), to = kernels.address(rounded);
  if (format === "bfloat16") exports.difference16(to, x, h, values.length);
  else exports.difference8(to, to + scalesBytes(values.length), x, h, values.length);
}

/** Adds a rounded difference to `held`. */
export function addDifference(
  kernels: Kernels,
  format: RoundedFormat,
  rounded: Uint8Array,
  held: Float32Array,
): void {
  decode(kernels, format, rounded, held, kernels.address(held));
}

function decode(
  kernels: Kernels,
  format: RoundedFormat,
  rounded: Uint8Array,
  values: Float32Array,
  base: number,
): void {
  checkSize(format, values.length, rounded);
  const { exports } = kernels;
  const x = kernels.address(values), from = kernels.address(rounded), n = values.length;
  if (format === "bfloat16") exports.decode16(x, base, from, n);
  else exports.decode8(x, base, from, from + scalesBytes(n), n);
}

function checkSize(format: RoundedFormat, n: number, { length }: Uint8Array): void {
  const bytes = roundedBytes(format, n);
  if (length !== bytes) {
    throw new RangeError(`Cannot round: ${n} numbers take ${bytes} bytes as ${format}, found ${length}`);
  }
}

/** Bytes of the scales of `n` numbers in int8. */
export function scalesBytes(n: number): number {
  return Math.ceil(n / BLOCK_FLOATS) * FLOAT_BYTES;
}

function wholeFloats(bytes: number): number {
  return Math.ceil(bytes / FLOAT_BYTES) * FLOAT_BYTES;
}
