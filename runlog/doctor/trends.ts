/**
 * Which way a run goes: the distance of its samples to the data, the critic's estimate, how varied the samples are.
 * The evidence that a verdict is made of.
 */
import type { Summary } from "../summary/summary.ts";
import type { HealthStretch } from "../summary/summary_parts.ts";

/** A distance is level unless it moves by more. */
const FELL = 0.05;
const ROSE = 0.25;
/** A run has lost its way where this share of what it had gained is gone. */
const LOST = 0.1;
/** A distance within this share of the best so far is as good as the best. */
const NEAR_BEST = 0.1;
/** Distances whose mean is compared with that of as many before. */
const MAX_COMPARED = 3;
/** Nearer than untrained samples by less is no nearer. */
export const NEARER = 0.9;

export interface Move {
  readonly first_step: number;
  readonly last_step: number;
  readonly before: number;
  readonly now: number;
}

export interface DistanceTrend {
  /** From before the first step to now; null where that was not measured. */
  readonly whole: Move | null;
  /** From the measurements before the last ones to the last ones; null for fewer than two of a trained generator. */
  readonly recent: Move | null;
  readonly direction: "fell" | "level" | "rose" | null;
  /** The least distance of a trained generator. */
  readonly best: { readonly step: number; readonly distance: number };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** null where no trained generator was measured. */
export function distanceTrend({ evaluations }: Pick<Summary, "evaluations">): DistanceTrend | null {
  const all = evaluations.map(({ step, sliced_wasserstein: distance }) => ({ step, distance }));
  const untrained = all.find(({ step }) => step === 0);
  const trained = all.filter(({ step }) => step > 0);
  const last = trained.at(-1);
  if (!last) return null;
  const best = trained.reduce((a, b) => b.distance < a.distance ? b : a);
  const whole = untrained
    ? { first_step: 0, last_step: last.step, before: untrained.distance, now: last.distance }
    : null;
  if (trained.length < 2) return { whole, recent: null, direction: null, best };
  const count = Math.min(MAX_COMPARED, Math.max(1, Math.floor(trained.length / 4)));
  const [before, now] = [trained.slice(-2 * count, -count), trained.slice(-count)];
  const recent: Move = {
    first_step: before[0]!.step,
    last_step: last.step,
    before: meanOf(before.map(({ distance }) => distance)),
    now: meanOf(now.map(({ distance }) => distance)),
  };
  const gained = untrained ? untrained.distance - best.distance : 0;
  const lost = last.distance - best.distance > LOST * gained;
  const rose = Math.max(recent.now / recent.before, last.distance / best.distance) > 1 + ROSE;
  const near_best = last.distance <= (1 + NEAR_BEST) * best.distance;
  const fell = recent.now < (1 - FELL) * recent.before && near_best;
  return { whole, recent, best, direction: rose && lost ? "rose" : fell ? "fell" : "level" };
}

/** True if the last distance is about the best so far: whatever the estimate says, a run far from it does not learn. */
export function isNearBest({ evaluations }: Pick<Summary, "evaluations">): boolean {
  const trained = evaluations.filter(({ step }) => step > 0).map((one) => one.sliced_wasserstein);
  return trained.length === 0 || trained.at(-1)! <= (1 + NEAR_BEST) * Math.min(...trained);
}

/** Stretches at each end of the second half of a run that are compared. */
const ENDS = 2;
const MIN_STRETCHES = 8;
const STANDARD_ERRORS = 3;

function pooled(stretches: readonly HealthStretch[]): { mean: number; error: number } {
  const steps = stretches.reduce((sum, { num_steps }) => sum + num_steps, 0);
  const mean = stretches.reduce((sum, one) => sum + one.num_steps * one.mean, 0) / steps;
  const variance = stretches.reduce((sum, one) => sum + (one.num_steps * one.error) ** 2, 0) / steps ** 2;
  return { mean, error: Math.sqrt(variance) };
}

/** How the estimate moved over the second half of the run; null where it did not move beyond chance, or there is none. */
export function estimateMove({ stretches }: Pick<Summary, "stretches">): Move | null {
  if (stretches.length < MIN_STRETCHES) return null;
  const half = stretches.slice(Math.floor(stretches.length / 2));
  const [first, last] = [half.slice(0, ENDS), half.slice(-ENDS)];
  const [before, now] = [pooled(first), pooled(last)];
  const change = Math.abs(now.mean - before.mean);
  const chance = STANDARD_ERRORS * Math.hypot(before.error, now.error);
  if (change <= chance || change < FELL * Math.abs(before.mean)) return null;
  return {
    first_step: first[0]!.first_step,
    last_step: last.at(-1)!.last_step,
    before: before.mean,
    now: now.mean,
  };
}

/** Samples less varied than this, where 1 is as varied as the data, are alike. */
export const ALIKE = 0.5;
/** Beyond the best before by this factor, variety is still rising. */
export const RISING = 1.1;
/** Samples this uniform may be about to collapse, or have just begun to vary. */
const HARDLY_VARIED = 0.25;
const PICTURES = 3;

export interface Variety {
  /** Mean pairwise distance of samples over that of real examples, a mean of the last pictures. */
  readonly diversity: number;
  /** "unknown": hardly varied, and it cannot be told yet whether that is the beginning or the end. */
  readonly verdict: "varied" | "alike" | "unknown";
}

/** null where no trained generator was pictured. */
export function varietyOf({ samples }: Pick<Summary, "samples">): Variety | null {
  const known = samples.flatMap(({ step, diversity }) =>
    step > 0 && diversity !== undefined ? [diversity] : []
  );
  const now = known.at(-1);
  if (now === undefined) return null;
  const before = Math.max(...known.slice(0, -1));
  const diversity = meanOf(known.slice(-PICTURES));
  if (known.length > 1 && now < ALIKE && now <= RISING * before) return { diversity, verdict: "alike" };
  return { diversity, verdict: now < HARDLY_VARIED ? "unknown" : "varied" };
}
