/** How and when samples are drawn and evaluated (docs/evaluating.md). */
import { namesIn } from "../../common/cli/name_list.ts";
import { UserError } from "../../common/errors.ts";
import {
  FEATURE_MEASURES,
  type FeatureMeasureName,
  type MeasureName,
  measureOf,
  MEASURES,
} from "../../runlog/measures.ts";
import { nullable, num, text } from "../../runlog/shape.ts";

export interface EvaluationConfig {
  /** Critic steps between sample grids; 0: only at start and end. */
  readonly sample_every: number;
  /** Critic steps between evaluations of the samples; 0: only at start and end. */
  readonly evaluate_every: number;
  /** Figures of features that evaluations also measure, as options name them, such as "fid,kid"; null: none. */
  readonly metrics: string | null;
  /** The figure by which the best checkpoint is kept, as an option names it; null: none is. */
  readonly keep_best: string | null;
}

/** Unless told otherwise. */
export const EVALUATION_DEFAULTS = { metrics: null, keep_best: null } as const;

/** What a recorded run must have. */
export const EVALUATION_FIELDS = {
  sample_every: num,
  evaluate_every: num,
  metrics: nullable(text),
  keep_best: nullable(text),
};

/** The figure by which the best checkpoint is kept; null: none is. */
export function bestMeasure({ keep_best }: Pick<EvaluationConfig, "keep_best">): MeasureName | null {
  if (keep_best === null) return null;
  return measureOf(keep_best)!;
}

/** The figures of features that evaluations measure. Throws {@linkcode UserError} for names that nothing has. */
export function metricsOf({ metrics }: Pick<EvaluationConfig, "metrics">): readonly FeatureMeasureName[] {
  if (metrics === null) return [];
  const asked = namesIn("--metrics", metrics, FEATURE_MEASURES.map((name) => MEASURES[name].option));
  return FEATURE_MEASURES.filter((name) => asked.includes(MEASURES[name].option));
}

/** The figure by which the best checkpoint is kept is measured, too. */
export function resolveMetrics(
  { metrics = null, keep_best = null }: Partial<Pick<EvaluationConfig, "metrics" | "keep_best">>,
): Pick<EvaluationConfig, "metrics"> {
  const best = bestMeasure({ keep_best });
  if (best === null || best === "sliced_wasserstein" || metricsOf({ metrics }).includes(best)) {
    return { metrics };
  }
  return { metrics: metrics === null ? keep_best : `${metrics},${keep_best}` };
}

/** Throws {@linkcode UserError} where figures cannot be measured. A resumed run may not have those of `keep_best`. */
export function requireMetrics(
  config: Pick<EvaluationConfig, "metrics" | "keep_best">,
  num_examples: number,
): void {
  const measured = metricsOf(config), best = bestMeasure(config);
  if (best !== null && best !== "sliced_wasserstein" && !measured.includes(best)) {
    throw new UserError(
      `Cannot use --keep-best ${config.keep_best}: --metrics must have named it since the run began, found ` +
        `${config.metrics ?? "none"}; use --keep-best swd, or start a new run`,
    );
  }
  if (measured.length > 0 && num_examples < FEWEST_EXAMPLES) {
    throw new UserError(
      `Cannot use --metrics ${config.metrics}: ${FEWEST_EXAMPLES} examples or more are required, found ` +
        `${num_examples}; leave it out`,
    );
  }
}

/** As in metrics/comparison.ts, whose neighbourhoods are of five others. */
const FEWEST_EXAMPLES = 6;

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
