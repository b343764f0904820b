/** How and when samples are drawn and evaluated (docs/evaluating.md). */
import { type MeasureName, measureOf } from "../../runlog/measures.ts";
import { nullable, num, text } from "../../runlog/shape.ts";

export interface EvaluationConfig {
  /** Critic steps between sample grids; 0: only at start and end. */
  readonly sample_every: number;
  /** Critic steps between evaluations of the samples; 0: only at start and end. */
  readonly evaluate_every: number;
  /** The figure by which the best checkpoint is kept, as an option names it; null: none is. */
  readonly keep_best: string | null;
}

/** Unless told otherwise. */
export const EVALUATION_DEFAULTS = { keep_best: null } as const;

/** What a recorded run must have. */
export const EVALUATION_FIELDS = { sample_every: num, evaluate_every: num, keep_best: nullable(text) };

/** The figure by which the best checkpoint is kept; null: none is. */
export function bestMeasure({ keep_best }: Pick<EvaluationConfig, "keep_best">): MeasureName | null {
  if (keep_best === null) return null;
  return measureOf(keep_best)!;
}

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
