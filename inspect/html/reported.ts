/** Content of a report about a run. */
import type { BestSample } from "../../runlog/summary/best_sample.ts";
import type { Finding } from "../../runlog/doctor/rule.ts";
import type { RunVerdict } from "../../runlog/doctor/verdict.ts";
import type { TableComparison } from "../../metrics/table_comparison.ts";
import type { Summary } from "../../runlog/summary/summary.ts";

/** A picture to show, as the bytes of a PNG file. */
export interface Picture {
  readonly alt: string;
  readonly png: Uint8Array;
}

/** How near samples come to training images. Distances: root mean square per pixel, 0 to 1, medians. */
export interface Measured {
  /** Some samples, and the training images nearest to each. */
  readonly picture: Picture;
  /** Samples, and training images, that were measured. */
  readonly num_measured: number;
  /** Training images among which the nearest were sought. */
  readonly num_searched: number;
  /** From a sample to its nearest training image. */
  readonly sample_distance: number;
  /** From a training image to the nearest other one; null where there is only one. */
  readonly training_distance: number | null;
}

/** `missing`: why it could not be measured. */
export type NearestNeighbors = Measured | { readonly missing: string };

/** A run and all that the page shows of it. */
export interface Reported {
  readonly name: string;
  readonly summary: Summary;
  readonly findings: readonly Finding[];
  readonly verdict: RunVerdict;
  readonly best: BestSample | null;
  /** Pictures of samples, in order of steps. */
  readonly samples: readonly Picture[];
  /** Ways through the noise; null where samples are no images or there is no generator. */
  readonly ways: Picture | null;
  /** null where the data are no images. */
  readonly nearest_neighbors: NearestNeighbors | null;
  /** null where the data are no table, or there is no generator. */
  readonly table: TableComparison | { readonly missing: string } | null;
}
