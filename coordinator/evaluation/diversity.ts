/** Mode collapse in numbers: how different samples are from each other. */

/** Vectors that are compared pairwise at most. */
const MAX_VECTORS = 256;

/** Mean Euclidean distance of all pairs among the first 256 vectors of `dimension` elements; NaN for fewer than 2. */
export function meanPairwiseDistance(values: Float32Array, dimension: number): number {
  const num_vectors = Math.min(MAX_VECTORS, Math.floor(values.length / dimension));
  let sum = 0;
  for (let i = 0; i < num_vectors; i++) {
    for (let j = 0; j < i; j++) {
      let squares = 0;
      for (let k = 0; k < dimension; k++) {
        const difference = values[i * dimension + k]! - values[j * dimension + k]!;
        squares += difference * difference;
      }
      sum += Math.sqrt(squares);
    }
  }
  return sum / (num_vectors * (num_vectors - 1) / 2);
}
