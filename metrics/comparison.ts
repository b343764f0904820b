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

/** Figures that were chosen, and what is computed of the data for them. */
export interface ChosenReference {
  readonly features: Features;
  readonly names: readonly FeatureFigure[];
  /** null where no chosen figure needs it. */
  readonly moments: Moments | null;
  readonly neighbourhoods: Neighbourhoods | null;
}

/** Figures that are not of projections. */
export type FeatureFigure = Exclude<keyof Figures, "sliced_wasserstein">;

/** Those that need neighbourhoods. */
const OF_MANIFOLDS: readonly FeatureFigure[] = ["precision", "recall", "density", "coverage"];

/** As {@linkcode referenceOf}, for the figures of these names alone. */
export function chosenReference(features: Features, names: readonly FeatureFigure[]): ChosenReference {
  countVectors(features, FEWEST_VECTORS);
  const of_manifolds = names.some((name) => OF_MANIFOLDS.includes(name));
  return {
    features,
    names,
    moments: names.includes("frechet_distance") ? momentsOf(features) : null,
    neighbourhoods: of_manifolds ? neighbourhoods(features) : null,
  };
}

/** The chosen figures. Throws as {@linkcode compareWith} does. */
export function chosenFigures(
  { features, names, moments, neighbourhoods: real }: ChosenReference,
  samples: Features,
): Partial<Record<FeatureFigure, number>> {
  const all: Partial<Record<FeatureFigure, number>> = {
    ...moments && { frechet_distance: frechetDistance(moments, momentsOf(samples)) },
    ...names.includes("kernel_distance") && { kernel_distance: kernelDistance(features, samples).mean },
    ...real && compareManifolds(real, neighbourhoods(samples)),
  };
  return Object.fromEntries(names.map((name) => [name, all[name]!]));
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
