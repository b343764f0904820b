/** Vectors that metrics compare: one of `dimension` numbers for each example, one after the other. */
export interface Features {
  readonly values: Float32Array;
  readonly dimension: number;
}

/** The number of vectors. Throws RangeError unless they are whole, and `fewest` or more. */
export function countVectors({ values, dimension }: Features, fewest: number): number {
  const count = values.length / dimension;
  if (!Number.isInteger(count) || count < fewest) {
    throw new RangeError(
      `Features must be ${fewest} or more whole vectors of ${dimension} numbers: found ${values.length} numbers`,
    );
  }
  return count;
}

/** Throws RangeError unless both sets have vectors of one length. */
export function requireSameDimension(one: Features, other: Features): void {
  if (one.dimension !== other.dimension) {
    throw new RangeError(
      `Both sets must have features of one length: found ${one.dimension} and ${other.dimension}`,
    );
  }
}
