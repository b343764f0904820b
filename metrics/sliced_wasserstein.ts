/**
 * The sliced Wasserstein distance (Rabin, Peyre, Delon, Bernot 2011; Bonneel et al. 2015) of order 1 between two
 * sets of vectors: the mean, over L random directions of unit length, of the 1-Wasserstein distance between the
 * two sets' projections on that direction, which is the area between their quantile functions. Exact also for
 * sets of different sizes.
 *
 * Values enter as the networks see them (images in [-1, 1], not normalised further). Shifting every coordinate
 * by delta gives about 0.8 delta in any dimension. The directions depend on a seed of the evaluation, not of the
 * run, so distances of different runs on the same data can be compared. A pure function to the bit.
 */
import { project } from "../kernels/projections.ts";
import { fillNormal, permutation } from "../random/philox.ts";

export interface SlicedOptions {
  /** L. Default 256. */
  readonly num_projections?: number;
  /** Seed of the directions. Default 0. */
  readonly seed?: number;
}

/** The data's side of the distance, computed once: every direction, and its sorted projections. */
export interface SlicedReference {
  /** Elements of one vector. */
  readonly dimension: number;
  readonly directions: readonly Float64Array[];
  readonly projections: readonly Float32Array[];
}

/** Examples that a reference is made of at most. */
export const MAX_REFERENCE_EXAMPLES = 10_000;

/** And their elements: 2 GB of pixels as float32 would be too much, and take minutes. */
const MAX_REFERENCE_ELEMENTS = 1 << 26;

/**
 * Which of a data set's examples, of `dimension` elements each, to compare with: all, or so many as the bounds allow
 * (10,000 up to 6,710 elements), chosen at random by the seed.
 */
export function chooseReference(num_examples: number, dimension: number, seed = 0): Uint32Array {
  const order = permutation(num_examples, { seed, purpose: "evaluation", counter: 0, shard: 1 });
  const fit = Math.max(1, Math.floor(MAX_REFERENCE_ELEMENTS / dimension));
  return order.subarray(0, Math.min(MAX_REFERENCE_EXAMPLES, fit));
}

/**
 * Projects the data. `examples`: whole vectors of `dimension` elements, one after the other. Takes about
 * (vectors) x dimension x L multiplications, and 4 x (vectors) x L bytes.
 */
export function slicedReference(
  examples: Float32Array,
  dimension: number,
  { num_projections = 256, seed = 0 }: SlicedOptions = {},
): SlicedReference {
  requireVectors(examples, dimension);
  const directions = Array.from({ length: num_projections }, (_, i) => direction(dimension, seed, i));
  return { dimension, directions, projections: sortedProjections(examples, directions) };
}

/** The distance between the reference and `samples`: whole vectors, one after the other. */
export function slicedWasserstein(reference: SlicedReference, samples: Float32Array): number {
  requireVectors(samples, reference.dimension);
  const projections = sortedProjections(samples, reference.directions);
  const distances = projections.map((sorted, i) => quantileDistance(sorted, reference.projections[i]!));
  return distances.reduce((sum, distance) => sum + distance, 0) / distances.length;
}

function requireVectors(values: Float32Array, dimension: number): void {
  const count = values.length / dimension;
  if (!Number.isInteger(count) || count < 1) {
    throw new RangeError(
      `Samples must be one or more whole vectors of ${dimension} elements: found ${values.length} elements`,
    );
  }
}

/** Uniform on the unit sphere: a normal vector divided by its length. */
function direction(dimension: number, seed: number, index: number): Float64Array {
  const normals = new Float32Array(dimension);
  fillNormal(normals, { seed, purpose: "evaluation", counter: index, shard: 0 });
  const length = Math.sqrt(normals.reduce((sum, value) => sum + value * value, 0));
  return Float64Array.from(normals, (value) => value / length);
}

function sortedProjections(values: Float32Array, directions: readonly Float64Array[]): Float32Array[] {
  const all = project(values, directions);
  for (const projections of all) projections.sort();
  return all;
}

/**
 * The area between the quantile functions of two sorted sets: walks both, each element of a set of n covering
 * 1/n. Breakpoints are kept as integers in units of 1 / (n m), so no rounding moves them.
 */
export function quantileDistance(a: Float32Array, b: Float32Array): number {
  const n = a.length, m = b.length;
  let sum = 0;
  let done = 0;
  for (let i = 0, j = 0; i < n && j < m;) {
    const end = Math.min((i + 1) * m, (j + 1) * n);
    const gap = a[i]! - b[j]!;
    sum += (end - done) * (gap < 0 ? -gap : gap);
    done = end;
    if (end === (i + 1) * m) i++;
    if (end === (j + 1) * n) j++;
  }
  return sum / (n * m);
}
