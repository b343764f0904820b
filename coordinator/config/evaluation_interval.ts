/** When samples are evaluated unless a run is told otherwise. */

/** Evaluations in a run, unless told otherwise, and the steps between two of them at least. */
const NUM_EVALUATIONS = 10;
// An evaluation takes as long as a hundred steps of a small network or more.
const MIN_EVALUATION_INTERVAL = 1000;

/** Critic steps between evaluations of a run of `steps`, unless told otherwise. */
export function evaluationInterval(steps: number): number {
  return Math.max(MIN_EVALUATION_INTERVAL, Math.ceil(steps / NUM_EVALUATIONS));
}
