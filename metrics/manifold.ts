/**
 * How much of the samples lies among the data, and how much of the data among the samples, by balls around each vector
 * that reach to its k-th nearest neighbour in its own set: precision and recall (Kynkäänniemi et al. 2019, k = 3),
 * density and coverage (Naeem et al. 2020, k = 5). Distances are Euclidean.
 */
import { countVectors, type Features, requireSameDimension } from "./features.ts";

const PRECISION_NEIGHBOURS = 3;
const DENSITY_NEIGHBOURS = 5;

export interface Manifold {
  /** Share of the samples within the ball of at least one example. */
  readonly precision: number;
  /** Share of the examples within the ball of at least one sample. */
  readonly recall: number;
  /** Mean number of examples whose balls hold a sample, divided by k; may be above 1. */
  readonly density: number;
  /** Share of the examples whose balls hold at least one sample. */
  readonly coverage: number;
}

/** Examples with the radii of their balls, squared. */
export interface Neighbourhoods {
  readonly features: Features;
  readonly squares_of_precision: Float64Array;
  readonly squares_of_density: Float64Array;
}

/** Takes about count^2 / 2 x dimension multiplications. Throws RangeError for fewer than 6 vectors. */
export function neighbourhoods(features: Features): Neighbourhoods {
  const { values, dimension } = features;
  const count = countVectors(features, DENSITY_NEIGHBOURS + 1);
  const nearest = Array.from({ length: count }, () => new Float64Array(DENSITY_NEIGHBOURS).fill(Infinity));
  for (let i = 1; i < count; i++) {
    for (let j = 0; j < i; j++) {
      const square = squareDistance(values, i * dimension, values, j * dimension, dimension);
      insert(nearest[i]!, square);
      insert(nearest[j]!, square);
    }
  }
  const radii = (k: number) => Float64Array.from(nearest, (squares) => squares[k - 1]!);
  return {
    features,
    squares_of_precision: radii(PRECISION_NEIGHBOURS),
    squares_of_density: radii(DENSITY_NEIGHBOURS),
  };
}

/** Throws RangeError where the two have features of different lengths. */
export function compareManifolds(real: Neighbourhoods, fake: Neighbourhoods): Manifold {
  requireSameDimension(real.features, fake.features);
  const { dimension } = real.features;
  const num_real = real.squares_of_density.length, num_fake = fake.squares_of_density.length;
  const real_recalled = new Uint8Array(num_real), real_covered = new Uint8Array(num_real);
  let num_precise = 0, num_dense = 0;
  for (let i = 0; i < num_fake; i++) {
    let precise = false;
    for (let j = 0; j < num_real; j++) {
      const [a, b] = [fake.features.values, real.features.values];
      const square = squareDistance(a, i * dimension, b, j * dimension, dimension);
      // The bounds belong to what each paper's code has: strict, but for recall and precision alike.
      if (square < real.squares_of_precision[j]!) precise = true;
      if (square < fake.squares_of_precision[i]!) real_recalled[j] = 1;
      if (square < real.squares_of_density[j]!) {
        num_dense++;
        real_covered[j] = 1;
      }
    }
    if (precise) num_precise++;
  }
  const sum = (flags: Uint8Array) => flags.reduce((total, flag) => total + flag, 0);
  return {
    precision: num_precise / num_fake,
    recall: sum(real_recalled) / num_real,
    density: num_dense / (DENSITY_NEIGHBOURS * num_fake),
    coverage: sum(real_covered) / num_real,
  };
}

/** Keeps the smallest numbers in order. */
function insert(smallest: Float64Array, value: number): void {
  let at = smallest.length - 1;
  if (value >= smallest[at]!) return;
  for (; at > 0 && smallest[at - 1]! > value; at--) smallest[at] = smallest[at - 1]!;
  smallest[at] = value;
}

function squareDistance(a: Float32Array, i: number, b: Float32Array, j: number, dimension: number): number {
  let sum = 0;
  for (let k = 0; k < dimension; k++) {
    const difference = a[i + k]! - b[j + k]!;
    sum += difference * difference;
  }
  return sum;
}
