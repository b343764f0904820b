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

/** Fewest vectors of a set. */
export const FEWEST_VECTORS = 6;

/** Figures that are not of projections. */
export type FeatureFigure = Exclude<keyof Figures, "sliced_wasserstein">;

/** Those that need neighbourhoods. */
const OF_MANIFOLDS = ["precision", "recall", "density", "coverage"] as const;
const OF_FEATURES = ["frechet_distance", "kernel_distance", ...OF_MANIFOLDS] as const;

/** What is computed of the data once, for chosen figures of any number of sets of samples. */
export interface ChosenReference<Name extends FeatureFigure = FeatureFigure> {
  readonly features: Features;
  readonly names: readonly Name[];
  /** null where no chosen figure needs it. */
  readonly moments: Moments | null;
  readonly neighbourhoods: Neighbourhoods | null;
}

/** The same for all figures. */
export interface Reference extends ChosenReference {
  readonly sliced: SlicedReference;
}

/** Throws RangeError for fewer than {@linkcode FEWEST_VECTORS} vectors. */
export function chosenReference<Name extends FeatureFigure>(
  features: Features,
  names: readonly Name[],
): ChosenReference<Name> {
  countVectors(features, FEWEST_VECTORS);
  const has = (one: FeatureFigure) => (names as readonly FeatureFigure[]).includes(one);
  return {
    features,
    names,
    moments: has("frechet_distance") ? momentsOf(features) : null,
    neighbourhoods: OF_MANIFOLDS.some(has) ? neighbourhoods(features) : null,
  };
}

/** Throws as {@linkcode chosenReference} does. */
export function referenceOf(features: Features): Reference {
  return {
    ...chosenReference(features, OF_FEATURES),
    sliced: slicedReference(features.values, features.dimension),
  };
}

/** The chosen figures. Throws RangeError where there are too few vectors, or they have another length than the data's. */
export function chosenFigures<Name extends FeatureFigure>(
  { features, names, moments, neighbourhoods: real }: ChosenReference<Name>,
  samples: Features,
): Record<Name, number> {
  const all: Partial<Record<FeatureFigure, number>> = {
    ...moments && { frechet_distance: frechetDistance(moments, momentsOf(samples)) },
    ...(names as readonly FeatureFigure[]).includes("kernel_distance") &&
      { kernel_distance: kernelDistance(features, samples).mean },
    ...real && compareManifolds(real, neighbourhoods(samples)),
  };
  return Object.fromEntries(names.map((name) => [name, all[name]!])) as Record<Name, number>;
}

/** All figures. Throws as {@linkcode chosenFigures} does. */
export function compareWith(reference: Reference, samples: Features): Figures {
  const { frechet_distance, kernel_distance, ...of_manifolds } = chosenFigures(reference, samples);
  const sliced_wasserstein = slicedWasserstein(reference.sliced, samples.values);
  return { frechet_distance, kernel_distance, sliced_wasserstein, ...of_manifolds };
}
