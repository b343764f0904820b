/** All figures that compare samples with data. */
import { countVectors, type Features } from "./features.ts";
import { frechetDistance, type Moments, momentsOf } from "./frechet_distance.ts";
import { kernelDistance } from "./kernel_distance.ts";
import { compareManifolds, type Neighbourhoods, neighbourhoods } from "./manifold.ts";
import { type SlicedReference, slicedReference, slicedWasserstein } from "./sliced_wasserstein.ts";

/** By name; a smaller distance is better, and of the others a larger number is. */
export interface Figures {
  readonly frechet_distance: number;
  readonly kernel_distance: number;
  readonly sliced_wasserstein: number;
  readonly precision: number;
  readonly recall: number;
  readonly density: number;
  readonly coverage: number;
}

/** What is computed of the data once, for any number of sets of samples. */
export interface Reference {
  readonly moments: Moments;
  readonly neighbourhoods: Neighbourhoods;
  readonly sliced: SlicedReference;
}

/** Fewest vectors of a set. */
export const FEWEST_VECTORS = 6;

/** Throws RangeError for fewer than {@linkcode FEWEST_VECTORS} vectors. */
export function referenceOf(features: Features): Reference {
  countVectors(features, FEWEST_VECTORS);
  return {
    moments: momentsOf(features),
    neighbourhoods: neighbourhoods(features),
    sliced: slicedReference(features.values, features.dimension),
  };
}

/** Throws RangeError where there are too few vectors, or they have another length than the data's. */
export function compareWith(reference: Reference, samples: Features): Figures {
  const real = reference.neighbourhoods.features;
  return {
    frechet_distance: frechetDistance(reference.moments, momentsOf(samples)),
    kernel_distance: kernelDistance(real, samples).mean,
    sliced_wasserstein: slicedWasserstein(reference.sliced, samples.values),
    ...compareManifolds(reference.neighbourhoods, neighbourhoods(samples)),
  };
}
