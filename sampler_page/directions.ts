/** Directions of the noise along which samples change most: what a person may want to move. */

/** Values of a sample that are looked at, at most: directions need no more. */
const MAX_VALUES = 1024;
const NUM_ITERATIONS = 100;

/**
 * `count` unit vectors of `latent` numbers, at right angles, one after the other: the principal directions of the
 * generator's mean slope. By Stein's identity that slope is the covariance of samples and noise, E[G(z) z'].
 * `noise`: standard normal, [n, latent]; `samples`: what the generator makes of it, [n, size].
 */
export function principalDirections(
  noise: Float32Array,
  samples: Float32Array,
  latent: number,
  count: number,
): Float32Array<ArrayBuffer> {
  const gram = scaled(gramOf(slope(noise, samples, latent), latent));
  const found: Float64Array[] = [];
  for (let k = 0; k < count; k++) found.push(strongest(gram, latent, found));
  const directions = new Float32Array(count * latent);
  found.forEach((direction, k) => directions.set(direction, k * latent));
  return directions;
}

/** Covariance of each looked-at value with each number of the noise, [values, latent]. */
function slope(noise: Float32Array, samples: Float32Array, latent: number): Float64Array {
  const n = noise.length / latent;
  const size = samples.length / n;
  const stride = Math.max(1, Math.ceil(size / MAX_VALUES));
  const num_values = Math.ceil(size / stride);
  const sums = new Float64Array(num_values * latent);
  for (let value = 0; value < num_values; value++) {
    let mean = 0;
    for (let i = 0; i < n; i++) mean += samples[i * size + value * stride]! / n;
    for (let i = 0; i < n; i++) {
      const off = (samples[i * size + value * stride]! - mean) / n;
      for (let k = 0; k < latent; k++) sums[value * latent + k]! += off * noise[i * latent + k]!;
    }
  }
  return sums;
}

/** The products of all columns, [latent, latent]. */
function gramOf(rows: Float64Array, latent: number): Float64Array {
  const gram = new Float64Array(latent * latent);
  for (let begin = 0; begin < rows.length; begin += latent) {
    for (let a = 0; a < latent; a++) {
      const factor = rows[begin + a]!;
      for (let b = 0; b < latent; b++) gram[a * latent + b]! += factor * rows[begin + b]!;
    }
  }
  return gram;
}

/** With a largest number of 1, whatever the samples' unit. */
function scaled(gram: Float64Array): Float64Array {
  const largest = gram.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  return largest > 0 ? gram.map((value) => value / largest) : gram;
}

/** The strongest eigenvector at right angles to those found, its largest number positive: by power iteration. */
function strongest(gram: Float64Array, latent: number, found: readonly Float64Array[]): Float64Array {
  // No direction is at right angles to a start that differs in every number.
  let vector = Float64Array.from({ length: latent }, (_, k) => 1 + k / latent);
  for (let iteration = 0; iteration <= NUM_ITERATIONS; iteration++) {
    for (const other of found) subtract(vector, other, dot(vector, other));
    const length = Math.sqrt(dot(vector, vector));
    // Of a generator that does nothing in any other direction, any will do.
    if (length < 1e-12) return axisBeside(found, latent);
    vector = vector.map((value) => value / length);
    if (iteration < NUM_ITERATIONS) vector = times(gram, vector);
  }
  const largest = vector.reduce((a, b) => Math.abs(b) > Math.abs(a) ? b : a);
  return largest < 0 ? vector.map((value) => -value) : vector;
}

/** A unit vector at right angles to those found. */
function axisBeside(found: readonly Float64Array[], latent: number): Float64Array {
  const rests = Array.from({ length: latent }, (_, axis) => {
    const rest = Float64Array.from({ length: latent }, (_, k) => Number(k === axis));
    for (const other of found) subtract(rest, other, dot(rest, other));
    return rest;
  });
  const best = rests.reduce((a, b) => dot(b, b) > dot(a, a) ? b : a);
  const length = Math.sqrt(dot(best, best));
  return best.map((value) => value / length);
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, k) => sum + value * b[k]!, 0);
}

function subtract(from: Float64Array, other: Float64Array, factor: number): void {
  for (let k = 0; k < from.length; k++) from[k]! -= factor * other[k]!;
}

function times(matrix: Float64Array, vector: Float64Array): Float64Array<ArrayBuffer> {
  return Float64Array.from(vector, (_, row) => {
    let sum = 0;
    for (let k = 0; k < vector.length; k++) sum += matrix[row * vector.length + k]! * vector[k]!;
    return sum;
  });
}
