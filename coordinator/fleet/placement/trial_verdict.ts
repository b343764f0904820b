/** What a trial of another team has shown, and in which words. Pure. */
import { type Range, sharesText } from "./assignment.ts";
import type { RoundTimes } from "./round_times.ts";

/** Steps that are measured of a team before another is tried. */
export const BASELINE_STEPS = 6;
/** And of that one; fewer where the difference is clear. */
const TRIAL_STEPS = 8;
const CLEAR_STEPS = 3;
const CLEARLY = 0.25;
/** Steps must get shorter by this share, with a worker or without. */
export const LEAST_GAIN = 0.03;
/** Nothing is tried before so many times what the last trial cost: all of them take a hundredth of a run's time. */
const COST_FACTOR = 100;
const LONGEST_PAUSE_MS = 600_000;
/** Workers that are named, of a trial of many. */
const NAMED = 5;

export interface Trial {
  readonly kind: "with" | "without" | "shares";
  /** Whom it is about; nobody where those that compute would only have other shares. */
  readonly workers: readonly number[];
  readonly ranges_before: readonly Range[];
  readonly before_ms: number;
  readonly began_ms: number;
}

type Times = Pick<RoundTimes, "count" | "median_ms" | "cold_ms">;

/** True if steps are shorter than before; null where that is not known yet. */
export function isBetter({ before_ms }: Trial, { count, median_ms }: Times): boolean | null {
  const change = median_ms / before_ms - 1;
  if (count >= TRIAL_STEPS) return change <= -LEAST_GAIN;
  if (count >= CLEAR_STEPS && Math.abs(change) >= CLEARLY) return change < 0;
  return null;
}

/** How long nothing else is tried: by longer steps, and by weights that were sent to new places, there and back. */
export function pauseFor(
  { began_ms, before_ms }: Trial,
  { median_ms, cold_ms }: Times,
  now_ms: number,
): number {
  const longer_ms = (now_ms - began_ms) * Math.max(0, 1 - before_ms / median_ms);
  const cost_ms = longer_ms + 2 * Math.max(0, cold_ms - before_ms);
  return Math.min(LONGEST_PAUSE_MS, COST_FACTOR * cost_ms);
}

/** Why the team of a trial stays. */
export function reasonText(
  { kind, workers, before_ms }: Trial,
  ranges: readonly Range[],
  trial_ms: number,
): string {
  const [now, before] = [milliseconds(trial_ms), milliseconds(before_ms)];
  if (kind === "shares") {
    return `Steps take ${now} with this many shards: ${sharesText(ranges)}; ${before} before`;
  }
  const [with_ms, without_ms] = kind === "with" ? [now, before] : [before, now];
  return `Steps take ${with_ms} with ${namesOf(workers)}, ${without_ms} without ${
    workers.length === 1 ? "it" : "them"
  }`;
}

function namesOf(workers: readonly number[]): string {
  if (workers.length === 1) return `worker ${workers[0]}`;
  const named = workers.slice(0, NAMED).join(", ");
  return workers.length > NAMED ? `workers ${named} and ${workers.length - NAMED} more` : `workers ${named}`;
}

export function milliseconds(duration_ms: number): string {
  return `${duration_ms >= 10 ? Math.round(duration_ms) : duration_ms.toPrecision(2)} ms`;
}
