/** Labels of examples that are made: a pure function of the stream's key, so that every device makes the same. */
import { Stream, type StreamKey } from "./philox.ts";

const TWO_32 = 0x1_0000_0000;

/**
 * Fills `out` with the classes of uniformly drawn examples, one word each, in order, after `skip`. `counts`: examples
 * of each class, at least one in all. A word w draws example floor(w / 2^32 n) of n that are sorted by class.
 */
export function fillClassLabels(
  out: Float32Array,
  counts: readonly number[],
  key: StreamKey,
  skip = 0,
): void {
  const stream = new Stream(key, skip);
  let total = 0;
  const ends = counts.map((count) => total += count);
  for (let i = 0; i < out.length; i++) {
    const example = Math.floor(stream.nextUint32() / TWO_32 * total);
    out[i] = firstAbove(ends, example);
  }
}

/** Index of the first of these ascending numbers that is above `value`. */
function firstAbove(ends: readonly number[], value: number): number {
  let low = 0, high = ends.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ends[middle]! > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
