/**
 * What the payload of a result holds: the gradients in the run's wire format, then the tail (losses, means, batch
 * statistics) as float32. Rounded payloads are whole numbers of four bytes, and pass for float32 on their way.
 */
import type { StreamKey } from "../random/philox.ts";
import type { Kernels } from "./kernels.ts";
import { expand, roundByChance, roundedBytes, type RoundedFormat } from "./rounding.ts";

/** Numbers of a result, and where its tail begins. */
export interface ResultParts {
  readonly size: number;
  readonly tail_offset: number;
}

/** The stream by which a wire group's sum is rounded: of the group and the step, not of who computes it. */
export function roundingKey(
  seed: number,
  kind: "critic" | "generator",
  step: number,
  group: number,
): StreamKey {
  return { seed, purpose: `${kind}_wire`, counter: step, shard: group };
}

/** Length of a payload, counted in float32. */
export function payloadSize(format: RoundedFormat | "float32", { size, tail_offset }: ResultParts): number {
  return format === "float32" ? size : roundedSize(format, tail_offset) + size - tail_offset;
}

/** Length of `n` rounded numbers, counted in float32. */
export function roundedSize(format: RoundedFormat, n: number): number {
  return roundedBytes(format, n) / 4;
}

/** Rounds a sum into a payload. Both lie in the kernels' memory. */
export function packResult(
  kernels: Kernels,
  format: RoundedFormat,
  sum: Float32Array,
  tail_offset: number,
  payload: Float32Array,
  key: StreamKey,
): void {
  const rounded = payload.subarray(0, roundedSize(format, tail_offset));
  roundByChance(kernels, format, sum.subarray(0, tail_offset), bytesOf(rounded), key);
  payload.set(sum.subarray(tail_offset), rounded.length);
}

/** Fills `sum` with what a payload holds. Both lie in the kernels' memory. */
export function unpackResult(
  kernels: Kernels,
  format: RoundedFormat,
  payload: Float32Array,
  tail_offset: number,
  sum: Float32Array,
): void {
  const rounded = payload.subarray(0, roundedSize(format, tail_offset));
  expand(kernels, format, bytesOf(rounded), sum.subarray(0, tail_offset));
  sum.set(payload.subarray(rounded.length), tail_offset);
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
