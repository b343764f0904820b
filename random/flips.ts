/** Which examples of a micro-batch are flipped: a pure function of the stream's key, so that every device flips the same. */
import { Stream, type StreamKey } from "./philox.ts";

/**
 * Flips images from left to right, in place, each with probability 1/2: where the highest bit of its word is 0. One word each,
 * from the stream's word `skip` on. `images`: `count` of them, whose last axis is `columns` long. Throws RangeError where they
 * are not whole.
 */
export function flipImages(
  images: Float32Array,
  count: number,
  columns: number,
  key: StreamKey,
  skip = 0,
): void {
  const size = images.length / count;
  if (!Number.isInteger(size / columns)) {
    throw new RangeError(
      `Images must be ${count} of whole rows of ${columns} numbers: found ${images.length} numbers`,
    );
  }
  const stream = new Stream(key, skip);
  for (let i = 0; i < count; i++) {
    if (stream.nextUint32() >= 0x8000_0000) continue;
    for (let row = i * size; row < (i + 1) * size; row += columns) {
      images.subarray(row, row + columns).reverse();
    }
  }
}
