/**
 * Counters of the noise with purpose "sample": one for each use, so that none sees the samples of another. They are part
 * of the bits of every run: never renumber them.
 */
export const SAMPLE_NOISE = {
  /** Grids of samples, during a run. */
  pictures: 0,
  /** Samples whose distance to the data is measured. */
  evaluation: 1,
  /** Samples that are scored beside held-out examples. */
  held_out: 2,
  /** What a trained generator draws: `deno task sample`, the report's nearest neighbours, the page. */
  trained: 3,
} as const;
export type SampleNoise = typeof SAMPLE_NOISE[keyof typeof SAMPLE_NOISE];
