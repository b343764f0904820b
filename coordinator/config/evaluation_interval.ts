/** When samples are evaluated and drawn unless a run is told otherwise. */

/** Evaluations in a run, unless told otherwise, and the steps between two of them at least. */
const NUM_EVALUATIONS = 10;
// An evaluation takes as long as a hundred steps of a small network or more.
const MIN_EVALUATION_INTERVAL = 1000;

/** Grids in a short run at least, and the steps between two of them: at least and at most. */
const NUM_GRIDS = 10;
const MIN_SAMPLE_INTERVAL = 50;
const MAX_SAMPLE_INTERVAL = 1000;

/** Critic steps between sample grids of a run of `steps`, unless told otherwise. */
export function sampleInterval(steps: number): number {
  return Math.min(MAX_SAMPLE_INTERVAL, Math.max(MIN_SAMPLE_INTERVAL, Math.ceil(steps / NUM_GRIDS)));
}

/** Critic steps between evaluations of a run of `steps`, unless told otherwise. */
export function evaluationInterval(steps: number): number {
  return Math.max(MIN_EVALUATION_INTERVAL, Math.ceil(steps / NUM_EVALUATIONS));
}
