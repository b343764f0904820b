/** Is a generator memorising? How near its samples come to training images, by plain distance in pixel space. */
import { squaresBelow } from "../../metrics/nearest_distance.ts";

/** An example and how far it is. */
export interface Neighbour {
  /** Its index in the data set. */
  readonly index: number;
  /** Root mean square difference per pixel: 0 (equal) to 1 (black against white). */
  readonly distance: number;
}

/** Examples to search: bytes of `dimension` pixels each, and which of them count. */
export interface Searched {
  readonly bytes: Uint8Array;
  readonly dimension: number;
  readonly indices: readonly Uint32Array[];
}

/**
 * The `count` examples nearest to an image, the nearest first, equals in the order of the search. `tones`:
 * `dimension` grey values on the scale of bytes, not necessarily whole. `except`: an index that does not count.
 */
export function nearestExamples(
  tones: ArrayLike<number>,
  { bytes, dimension, indices }: Searched,
  count: number,
  except = -1,
): Neighbour[] {
  const best: { index: number; squares: number }[] = [];
  let limit = Infinity;
  for (const part of indices) {
    for (const index of part) {
      if (index === except) continue;
      const squares = squaresBelow(limit, tones, 0, bytes, index * dimension, dimension);
      if (squares >= limit) continue;
      best.push({ index, squares });
      best.sort((a, b) => a.squares - b.squares);
      if (best.length > count) best.pop();
      if (best.length === count) limit = best.at(-1)!.squares;
    }
  }
  return best.map(({ index, squares }) => ({ index, distance: Math.sqrt(squares / dimension) / 255 }));
}
