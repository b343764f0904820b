/**
 * Who computes at all, by trying: what a worker costs the others is in no speed of its own, since all share the
 * coordinator's link, its processor and, on its machine, its cores. A few steps without some of them, or with one that was
 * left out, show whether steps are shorter so. Pure: times are arguments.
 */
import { assignShards, type Range, rangeTime, type Speed } from "./assignment.ts";
import { RoundTimes } from "./round_times.ts";
import { pauseAfter, type SpareReason, SpareWorkers } from "./spare_workers.ts";
import { BASELINE_STEPS, isBetter, LEAST_GAIN, pauseFor, reasonText, type Trial } from "./trial_verdict.ts";

/** Only a worker whose answers are on the way for this share of a step can cost the others much. */
const COSTLY_SHARE = 0.1;

/** What to assign from now on. `reason`: null where all is as before the trial. */
export interface TrialEnd {
  readonly ranges: readonly Range[];
  readonly reason: string | null;
}

/** How shards can be shared out. */
interface Shards {
  readonly num_shards: number;
  readonly at_a_time: number;
}

/** A kind of trial that has failed so often in a row, and comes again then. */
interface Failures {
  readonly times: number;
  readonly next_ms: number;
}

const NO_FAILURES: Failures = { times: 0, next_ms: -Infinity };

function failuresAfter({ times }: Failures, is_better: boolean, now_ms: number): Failures {
  return is_better ? NO_FAILURES : { times: times + 1, next_ms: now_ms + pauseAfter(times + 1) };
}

export class TeamTrials {
  readonly #shards: Shards;
  readonly #times = new RoundTimes();
  readonly #spares = new SpareWorkers();
  #trial: Trial | null = null;
  #without = NO_FAILURES;
  #other_shares = NO_FAILURES;
  /** Before this time nothing is tried. */
  #next_ms = -Infinity;

  constructor(shards: Shards) {
    this.#shards = shards;
  }

  get is_under_way(): boolean {
    return this.#trial !== null;
  }

  /** Why a worker is left out; null where it is not, or not for this. */
  whySpare(worker: number): SpareReason | null {
    return this.#spares.why(worker);
  }

  /** A round begins. */
  began(kind: "critic" | "generator", now_ms: number): void {
    this.#times.began(kind, now_ms);
  }

  /** The assignment has changed otherwise: what was measured, and a trial under way, are of no use. */
  changed(): void {
    this.#trial = null;
    this.#times.restart();
  }

  /** Somebody has come who was never here: a team that was none may be one now. */
  hasNewcomers(): void {
    this.#without = this.#other_shares = NO_FAILURES;
    this.#next_ms = -Infinity;
  }

  /** Those that are not left out; all where nobody else is there. */
  available<S extends Speed>(speeds: readonly S[]): readonly S[] {
    return this.#spares.others(speeds);
  }

  /** Ends a trial whose outcome is known; null where none is. */
  end(ranges: readonly Range[], now_ms: number): TrialEnd | null {
    const trial = this.#trial;
    const is_better = trial && isBetter(trial, this.#times);
    if (trial === null || is_better === null) return null;
    const trial_ms = this.#times.median_ms;
    this.#trial = null;
    this.#next_ms = now_ms + pauseFor(trial, this.#times, now_ms);
    if (trial.kind === "shares") this.#other_shares = failuresAfter(this.#other_shares, is_better, now_ms);
    else this.#judge(trial, is_better, trial_ms, now_ms);
    if (is_better) return { ranges, reason: reasonText(trial, ranges, trial_ms) };
    this.#times.restart();
    return { ranges: trial.ranges_before, reason: null };
  }

  /** Notes who is left out from now on, and who no longer. */
  #judge({ kind, workers, before_ms }: Trial, is_better: boolean, trial_ms: number, now_ms: number): void {
    // After a team that was better, a smaller one may be better still.
    if (kind === "without") this.#without = failuresAfter(this.#without, is_better, now_ms);
    if (is_better === (kind === "with")) return this.#spares.delete(workers);
    const [with_ms, without_ms] = kind === "with" ? [trial_ms, before_ms] : [before_ms, trial_ms];
    this.#spares.add(workers, { with_ms, without_ms }, now_ms);
  }

  /**
   * Begins a trial if one is due: the ranges to assign meanwhile, or null. `speeds`: of all that may be given shards.
   * `isLocal`: whether a worker shares memory; it has no link to fill, and a passing load would decide about it.
   */
  begin(
    ranges: readonly Range[],
    speeds: readonly Speed[],
    now_ms: number,
    isLocal: (worker: number) => boolean = () => false,
  ): readonly Range[] | null {
    if (this.#times.count < BASELINE_STEPS || now_ms < this.#next_ms) return null;
    return this.#beginWithSpares(ranges, speeds, now_ms) ??
      this.#beginWithout(ranges, speeds, now_ms, isLocal);
  }

  /**
   * Tries the ranges `next`, by which those of `joining` would have shards that have none. "direct": nothing is known to
   * compare them with; "later": the last trial cost too much for that, or such a one was in vain.
   */
  beginMove(
    ranges: readonly Range[],
    next: readonly Range[],
    joining: readonly number[],
    now_ms: number,
  ): readonly Range[] | "direct" | "later" {
    if (this.#times.count < BASELINE_STEPS) return "direct";
    if (now_ms < this.#next_ms) return "later";
    if (joining.length > 0) return this.#start("with", joining, ranges, next, now_ms);
    if (now_ms < this.#other_shares.next_ms) return "later";
    return this.#start("shares", [], ranges, next, now_ms);
  }

  #beginWithSpares(
    ranges: readonly Range[],
    speeds: readonly Speed[],
    now_ms: number,
  ): readonly Range[] | null {
    const working = workingOf(ranges, speeds);
    const tried = this.#spares.due(speeds, now_ms).toSorted((a, b) => rangeTime(a, 1) - rangeTime(b, 1))
      .slice(0, atOnce(working.length));
    if (tried.length === 0) return null;
    const workers = tried.map(({ worker }) => worker);
    const next = this.#assign([...working, ...tried]), now = this.#assign(working);
    const is_used = workers.every((worker) => next.ranges.some((range) => range.worker === worker));
    if (is_used && next.predicted_ms <= (1 - LEAST_GAIN) * now.predicted_ms) {
      return this.#start("with", workers, ranges, next.ranges, now_ms);
    }
    // By its own times already it would not help.
    this.#spares.add(workers, null, now_ms);
    return null;
  }

  #beginWithout(
    ranges: readonly Range[],
    speeds: readonly Speed[],
    now_ms: number,
    isLocal: (worker: number) => boolean,
  ): readonly Range[] | null {
    if (now_ms < this.#without.next_ms) return null;
    const working = workingOf(ranges, speeds);
    const costs_ms = COSTLY_SHARE * this.#times.median_ms;
    const costly = working.filter(({ worker, transfer_ms }) => !isLocal(worker) && transfer_ms >= costs_ms)
      .toSorted((a, b) => rangeTime(b, 1) - rangeTime(a, 1));
    if (working.length < 2 || costly.length === 0) return null;
    // Those that cost nothing may do best alone; where there are none, or that was tried, half of the others may go.
    const are_all_tried = costly.length < working.length && this.#without.times % 2 === 0;
    const count = are_all_tried ? costly.length : Math.max(1, Math.floor(costly.length / 2));
    const workers = costly.slice(0, Math.min(count, working.length - 1)).map(({ worker }) => worker);
    const { ranges: next } = this.#assign(working.filter(({ worker }) => !workers.includes(worker)));
    return this.#start("without", workers, ranges, next, now_ms);
  }

  #assign(speeds: readonly Speed[]) {
    const { num_shards, at_a_time } = this.#shards;
    return assignShards(num_shards, speeds, at_a_time);
  }

  #start(
    kind: Trial["kind"],
    workers: readonly number[],
    ranges_before: readonly Range[],
    ranges: readonly Range[],
    now_ms: number,
  ): readonly Range[] {
    this.#trial = { kind, workers, ranges_before, before_ms: this.#times.median_ms, began_ms: now_ms };
    this.#times.restart();
    return ranges;
  }
}

/** How many may join a team in one trial. */
export function atOnce(team: number): number {
  return Math.max(1, Math.floor(team / 2));
}

function workingOf(ranges: readonly Range[], speeds: readonly Speed[]): readonly Speed[] {
  const working = new Set(ranges.map(({ worker }) => worker));
  return speeds.filter(({ worker }) => working.has(worker));
}
