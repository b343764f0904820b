/** How near vectors lie to others: samples that a generator has memorised lie very near to training examples. */
import { median } from "../common/median.ts";

/**
 * The median, over the vectors, of the distance to the nearest of `among`: root mean square difference per element.
 * Both hold whole vectors of `dimension` elements, one or more. Takes (vectors) x (among) x dimension multiplications
 * at most.
 */
export function medianNearest(vectors: Float32Array, among: Float32Array, dimension: number): number {
  const count = vectors.length / dimension, num_among = among.length / dimension;
  if (!Number.isInteger(count) || !Number.isInteger(num_among) || count < 1 || num_among < 1) {
    throw new RangeError(
      `Vectors must be whole ones of ${dimension} elements, one or more: found ${vectors.length} and ${among.length} ` +
        "elements",
    );
  }
  const nearest = Float64Array.from({ length: count }, (_, i) => {
    let least = Infinity;
    for (let j = 0; j < num_among; j++) {
      least = Math.min(least, squaresBelow(least, vectors, i * dimension, among, j * dimension, dimension));
    }
    return Math.sqrt(least / dimension);
  });
  return median(nearest);
}

/** Elements between two looks at the limit. */
const STRIDE = 32;

/**
 * The sum of squared differences of `dimension` numbers from `at_a` and from `at_b` on, or any number of `limit` or more as
 * soon as it reaches that.
 */
export function squaresBelow(
  limit: number,
  a: ArrayLike<number>,
  at_a: number,
  b: ArrayLike<number>,
  at_b: number,
  dimension: number,
): number {
  let sum = 0;
  for (let begin = 0; begin < dimension && sum < limit; begin += STRIDE) {
    const end = Math.min(dimension, begin + STRIDE);
    for (let k = begin; k < end; k++) {
      const difference = a[at_a + k]! - b[at_b + k]!;
      sum += difference * difference;
    }
  }
  return sum;
}
