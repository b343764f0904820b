/** Parts of the summary of a run's log. */
import type { RecordOf } from "../records.ts";

/**
 * "running" and "unknown": the log has no end; it was written to lately, or not.
 *
 * @example
 * ```ts
 * import type { RunState } from "@wagon/wagon/runlog";
 *
 * const isOver = (state: RunState) => state === "finished" || state === "failed";
 * console.assert(isOver("finished") && !isOver("running"));
 * ```
 */
export type RunState = RecordOf<"end">["reason"] | "running" | "unknown";

export const PHASES: readonly Phase[] = ["total", "wait", "compute", "sum", "update", "send", "other"];
/**
 * Times of a step.
 *
 * @example
 * ```ts
 * import type { Phase } from "@wagon/wagon/runlog";
 *
 * const own: readonly Phase[] = ["sum", "update", "send"];
 * console.assert(own.includes("update"));
 * ```
 */
export type Phase = "total" | "wait" | "compute" | "sum" | "update" | "send" | "other";

/**
 * Means over a window of steps that ends with `step`.
 *
 * @example
 * ```ts
 * import type { CurvePoint } from "@wagon/wagon/runlog";
 *
 * const pointOf = ({ step, loss_critic }: Pick<CurvePoint, "step" | "loss_critic">) => [step, loss_critic];
 * console.assert(pointOf({ step: 200, loss_critic: -0.1 })[0] === 200);
 * ```
 */
export interface CurvePoint {
  /** The last step of the window. */
  readonly step: number;
  /** Mean estimate; null where the objective makes none. */
  readonly wasserstein_estimate: number | null;
  /** Mean D(x) - mean D(G(z)). */
  readonly score_gap: number | null;
  /** Mean loss of the critic. */
  readonly loss_critic: number | null;
  /** null where the window has no generator step. */
  readonly loss_generator: number | null;
}

/**
 * How the estimate was over a stretch of steps.
 *
 * @example
 * ```ts
 * import type { HealthStretch } from "@wagon/wagon/runlog";
 *
 * const isSteady = ({ mean, deviation }: Pick<HealthStretch, "mean" | "deviation">) => deviation < 2 * mean;
 * console.assert(isSteady({ mean: 0.1, deviation: 0.05 }));
 * ```
 */
export interface HealthStretch {
  /** Its first step. */
  readonly first_step: number;
  /** Its last step. */
  readonly last_step: number;
  /** Steps in it. */
  readonly num_steps: number;
  /** Mean estimate. */
  readonly mean: number;
  /** Standard deviation of single steps. */
  readonly deviation: number;
  /** Standard error of the mean. */
  readonly error: number;
  /** Least estimate of a single step. */
  readonly low: number;
}

/**
 * Content of a record, without its type.
 *
 * @example
 * ```ts
 * import type { Entry } from "@wagon/wagon/runlog";
 *
 * const best = (evaluations: readonly Entry<"evaluation">[]) =>
 *   Math.min(...evaluations.map(({ sliced_wasserstein }) => sliced_wasserstein));
 * console.assert(best([]) === Infinity);
 * ```
 */
export type Entry<
  T extends "heldout" | "evaluation" | "sample" | "vitals" | "checkpoint" | "best" | "steered" | "fault",
> = Omit<
  RecordOf<T>,
  "type"
>;
