/**
 * The kernel distance between two sets of features (Binkowski et al. 2018): the squared maximum mean discrepancy with
 * the kernel (x y / dimension + 1)^3, in its unbiased form, so that it is around 0, and may be below, for sets from one
 * distribution of whatever size. With features of Inception v3 it is known as KID.
 */
import { permutation } from "../random/philox.ts";
import { countVectors, type Features, requireSameDimension } from "./features.ts";

/** Vectors of each set that are compared at once, at most. */
export const KERNEL_BLOCK = 1_000;

export interface KernelDistance {
  /** Mean of the blocks. */
  readonly mean: number;
  /** Standard error of the mean; NaN where there is one block. */
  readonly standard_error: number;
  readonly num_blocks: number;
}

/**
 * Compares blocks of at most `block` vectors, each vector in one of them at most; which ones is random, by the seed.
 * Throws RangeError for fewer than 2 vectors of a set.
 */
export function kernelDistance(
  one: Features,
  other: Features,
  { seed = 0, block = KERNEL_BLOCK }: { readonly seed?: number; readonly block?: number } = {},
): KernelDistance {
  requireSameDimension(one, other);
  const counts = [countVectors(one, 2), countVectors(other, 2)];
  const size = Math.min(block, ...counts), num_blocks = Math.floor(Math.min(...counts) / size);
  const [order, other_order] = counts.map((count, shard) =>
    permutation(count, { seed, purpose: "evaluation", counter: 1, shard })
  );
  const blocks = Array.from({ length: num_blocks }, (_, i) => {
    const range = [i * size, (i + 1) * size] as const;
    return discrepancy(
      rowsOf(one, order!.subarray(...range)),
      rowsOf(other, other_order!.subarray(...range)),
    );
  });
  const mean = blocks.reduce((a, b) => a + b, 0) / num_blocks;
  const squares = blocks.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, standard_error: Math.sqrt(squares / (num_blocks - 1) / num_blocks), num_blocks };
}

function rowsOf({ values, dimension }: Features, rows: Uint32Array): Features {
  const chosen = new Float32Array(rows.length * dimension);
  rows.forEach((row, i) =>
    chosen.set(values.subarray(row * dimension, (row + 1) * dimension), i * dimension)
  );
  return { values: chosen, dimension };
}

/** Lemma 6 of Gretton et al. 2012: a vector is not compared with itself. */
function discrepancy(one: Features, other: Features): number {
  const pairs = (count: number) => count * (count - 1);
  const n = one.values.length / one.dimension, m = other.values.length / other.dimension;
  return 2 * kernelsWithin(one, n) / pairs(n) + 2 * kernelsWithin(other, m) / pairs(m) -
    2 * kernelsBetween(one, other) / (n * m);
}

/** Sum of the kernel over pairs i > j. */
function kernelsWithin({ values, dimension }: Features, count: number): number {
  let sum = 0;
  for (let i = 1; i < count; i++) {
    for (let j = 0; j < i; j++) sum += kernel(values, i * dimension, values, j * dimension, dimension);
  }
  return sum;
}

function kernelsBetween(one: Features, other: Features): number {
  const { dimension } = one;
  let sum = 0;
  for (let i = 0; i < one.values.length; i += dimension) {
    for (let j = 0; j < other.values.length; j += dimension) {
      sum += kernel(one.values, i, other.values, j, dimension);
    }
  }
  return sum;
}

function kernel(a: Float32Array, i: number, b: Float32Array, j: number, dimension: number): number {
  let product = 0;
  for (let k = 0; k < dimension; k++) product += a[i + k]! * b[j + k]!;
  const base = product / dimension + 1;
  return base * base * base;
}
