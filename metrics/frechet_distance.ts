/**
 * The Fréchet distance between two sets of features (Heusel et al. 2017): |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2))
 * of normal distributions with their means and covariances. With features of Inception v3 it is known as FID.
 */
import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { countVectors, type Features, requireSameDimension } from "./features.ts";

/** Mean and covariance of features. */
export interface Moments {
  /** [dimension] */
  readonly mean: Float64Array;
  /** [dimension, dimension], of the sample (divided by n - 1), as NumPy's cov. */
  readonly covariance: Matrix;
}

/** Throws RangeError for fewer than 2 vectors. */
export function momentsOf(features: Features): Moments {
  const { values, dimension } = features;
  const count = countVectors(features, 2);
  const mean = new Float64Array(dimension);
  for (let i = 0; i < values.length; i++) mean[i % dimension]! += values[i]! / count;
  const sums = Array.from({ length: dimension }, () => new Float64Array(dimension));
  const centred = new Float64Array(dimension);
  for (let row = 0; row < count; row++) {
    for (let k = 0; k < dimension; k++) centred[k] = values[row * dimension + k]! - mean[k]!;
    for (let j = 0; j < dimension; j++) {
      const factor = centred[j]!, sums_of_j = sums[j]!;
      for (let k = 0; k <= j; k++) sums_of_j[k]! += factor * centred[k]!;
    }
  }
  const covariance = new Matrix(dimension, dimension);
  for (let j = 0; j < dimension; j++) {
    for (let k = 0; k <= j; k++) {
      covariance.set(j, k, sums[j]![k]! / (count - 1));
      covariance.set(k, j, covariance.get(j, k));
    }
  }
  return { mean, covariance };
}

/** 0 where both are equal. Sensitive to the number of vectors: it is larger for few of them. */
export function frechetDistance(one: Moments, other: Moments): number {
  let squares = 0;
  for (const [k, mean] of one.mean.entries()) squares += (mean - other.mean[k]!) ** 2;
  const distance = squares + one.covariance.trace() + other.covariance.trace() -
    2 * traceOfRoot(one.covariance, other.covariance);
  // Rounding may leave equal sets a little below.
  return Math.max(0, distance);
}

/** The Fréchet distance between two sets of features. */
export function frechetDistanceOf(one: Features, other: Features): number {
  requireSameDimension(one, other);
  return frechetDistance(momentsOf(one), momentsOf(other));
}

/**
 * tr((A B)^(1/2)), A and B symmetric and without negative eigenvalues: A B has those of A^(1/2) B A^(1/2), which is
 * symmetric, so that covariances of fewer vectors than dimensions are no special case.
 */
function traceOfRoot(a: Matrix, b: Matrix): number {
  const { eigenvectorMatrix, realEigenvalues } = symmetric(a);
  const roots = realEigenvalues.map((value) => Math.sqrt(Math.max(0, value)));
  const scaled = eigenvectorMatrix.clone().mulRowVector(roots);
  const root = scaled.mmul(eigenvectorMatrix.transpose());
  const product = root.mmul(b).mmul(root);
  const values = symmetric(product.add(product.transpose()).div(2)).realEigenvalues;
  return values.reduce((sum, value) => sum + Math.sqrt(Math.max(0, value)), 0);
}

function symmetric(matrix: Matrix): EigenvalueDecomposition {
  return new EigenvalueDecomposition(matrix, { assumeSymmetric: true });
}
