/** Masks for dropout: a pure function of the stream's key, so that every device drops the same. */
import { Stream, type StreamKey } from "./philox.ts";

const TWO_32 = 0x1_0000_0000;

/** A mask to be filled, and the share of it to be dropped: 0 or more, below 1. */
export interface MaskToFill {
  readonly out: Float32Array;
  readonly ratio: number;
}

/**
 * Fills masks with 0 where something is dropped, else float32(1 / (1 - ratio)): one word each, dropped where it is
 * below floor(ratio 2^32 + 1/2). The masks of one key follow each other in one stream, from its word `skip` on. Throws
 * RangeError for a ratio out of range.
 */
export function fillDropoutMasks(masks: readonly MaskToFill[], key: StreamKey, skip = 0): void {
  const stream = new Stream(key, skip);
  for (const { out, ratio } of masks) {
    if (!(ratio >= 0 && ratio < 1)) {
      throw new RangeError(`A share to be dropped must be 0 or more and below 1: found ${ratio}`);
    }
    const threshold = Math.floor(ratio * TWO_32 + 0.5), kept = 1 / (1 - ratio);
    for (let i = 0; i < out.length; i++) out[i] = stream.nextUint32() < threshold ? 0 : kept;
  }
}
