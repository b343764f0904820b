/**
 * Mode counting on the Gaussian mixtures: a sample is of high quality within 3 standard deviations of a mode's
 * centre, and a mode is covered when at least 1 % of all samples are of high quality there. The counts are
 * reported too, because a rule of one sample would call a smear covered.
 */
import type { Mixture } from "../data/toy.ts";

const QUALITY_STDS = 3;
const COVERED_SHARE = 0.01;

export interface ModeReport {
  readonly num_samples: number;
  readonly num_modes: number;
  /** Modes that hold at least 1 % of the samples. */
  readonly covered: number;
  /** Share of the samples within 3 standard deviations of a mode, 0 to 1. */
  readonly high_quality: number;
  /** High-quality samples of each mode, in the mixture's order. */
  readonly counts: readonly number[];
}

/** Counts `samples`: x, y pairs at the scale of the data set (the mixture divided by its divisor). */
export function countModes(samples: Float32Array, { centres, std, divisor }: Mixture): ModeReport {
  if (samples.length === 0 || samples.length % 2 !== 0) {
    throw new RangeError(`Samples must be one or more x, y pairs: found ${samples.length} numbers`);
  }
  const num_samples = samples.length / 2;
  const limit = QUALITY_STDS * std;
  const counts = centres.map(() => 0);
  for (let i = 0; i < samples.length; i += 2) {
    const x = samples[i]! * divisor, y = samples[i + 1]! * divisor;
    const mode = centres.findIndex(([cx, cy]) => (x - cx) * (x - cx) + (y - cy) * (y - cy) <= limit * limit);
    if (mode >= 0) counts[mode]! += 1;
  }
  return {
    num_samples,
    num_modes: centres.length,
    covered: counts.filter((count) => count >= COVERED_SHARE * num_samples).length,
    high_quality: counts.reduce((a, b) => a + b, 0) / num_samples,
    counts,
  };
}
