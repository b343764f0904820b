/**
 * Who computes at all, by trying: what a worker costs the others is in no speed of its own, since all share the
 * coordinator's link, its processor and, on its machine, its cores. A few steps without some of them, or with one that was
 * left out, show whether steps are shorter so. Pure: times are arguments.
 */
import { assignShards, type Range, rangeTime, sharesText, type Speed } from "./assignment.ts";
import { RoundTimes } from "./round_times.ts";

/** Steps that are measured of a team before another is tried, and of that one; fewer where the difference is clear. */
const BASELINE_STEPS = 6;
const TRIAL_STEPS = 8;
const CLEAR_STEPS = 3;
const CLEARLY = 0.25;
/** Steps must get shorter by this share, with a worker or without. */
const LEAST_GAIN = 0.03;
/** Only a worker whose answers are on the way for this share of a step can cost the others much. */
const COSTLY_SHARE = 0.1;
/** A team is tried again after so long, twice as long each time, up to the longest. */
const FIRST_PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = 600_000;
/** And nothing is tried before so many times what the last trial cost: all of them take a hundredth of a run's time. */
const COST_FACTOR = 100;

/** Why a worker is left out: steps with it and without it. */
export interface SpareReason {
  readonly with_ms: number;
  readonly without_ms: number;
}

interface Spare {
  readonly reason: SpareReason;
  readonly until_ms: number;
  /** How often it was found so in a row. */
  readonly times: number;
}

interface Trial {
  readonly kind: "with" | "without" | "shares";
  /** Whom it is about; nobody where those that compute would only have other shares. */
  readonly workers: readonly number[];
  readonly ranges_before: readonly Range[];
  readonly before_ms: number;
  readonly began_ms: number;
}

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

export class TeamTrials {
  readonly #shards: Shards;
  readonly #times = new RoundTimes();
  readonly #spares = new Map<number, Spare>();
  #trial: Trial | null = null;
  #next_without_ms = -Infinity;
  #failed = 0;
  #next_shares_ms = -Infinity;
  #failed_shares = 0;
  /** Before this time only newcomers are tried. */
  #next_ms = -Infinity;

  constructor(shards: Shards) {
    this.#shards = shards;
  }

  get is_under_way(): boolean {
    return this.#trial !== null;
  }

  /** Why a worker is left out; null where it is not, or not for this. */
  whySpare(worker: number): SpareReason | null {
    return this.#spares.get(worker)?.reason ?? null;
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
    this.#next_without_ms = this.#next_shares_ms = this.#next_ms = -Infinity;
    this.#failed = this.#failed_shares = 0;
  }

  /** Those that are not left out; all where nobody else is there. */
  available<S extends Speed>(speeds: readonly S[]): readonly S[] {
    const found = speeds.filter(({ worker }) => !this.#spares.has(worker));
    return found.length > 0 ? found : speeds;
  }

  /** Ends a trial whose outcome is known; null where none is. */
  end(ranges: readonly Range[], now_ms: number): TrialEnd | null {
    const trial = this.#trial;
    if (trial === null) return null;
    const is_better = verdict(trial.before_ms, this.#times);
    if (is_better === null) return null;
    const trial_ms = this.#times.median_ms;
    this.#trial = null;
    this.#next_ms = now_ms + Math.min(LONGEST_PAUSE_MS, COST_FACTOR * this.#costOf(trial, now_ms));
    if (trial.kind === "shares") this.#pauseShares(is_better, now_ms);
    else this.#judge(trial, is_better, trial_ms, now_ms);
    if (is_better) return { ranges, reason: reasonText(trial, ranges, trial_ms) };
    this.#times.restart();
    return { ranges: trial.ranges_before, reason: null };
  }

  /** Time that a trial has lost: longer steps, and weights that were sent to new places, there and back. */
  #costOf({ began_ms, before_ms }: Trial, now_ms: number): number {
    const longer_ms = (now_ms - began_ms) * Math.max(0, 1 - before_ms / this.#times.median_ms);
    return longer_ms + 2 * Math.max(0, this.#times.cold_ms - before_ms);
  }

  /** Notes who is left out from now on, and who no longer. */
  #judge({ kind, workers, before_ms }: Trial, is_better: boolean, trial_ms: number, now_ms: number): void {
    if (kind === "without") this.#pauseWithout(is_better, now_ms);
    if (is_better === (kind === "with")) {
      for (const worker of workers) this.#spares.delete(worker);
    } else {
      const [with_ms, without_ms] = kind === "with" ? [trial_ms, before_ms] : [before_ms, trial_ms];
      this.#spare(workers, { with_ms, without_ms }, now_ms);
    }
  }

  #spare(workers: readonly number[], reason: SpareReason, now_ms: number): void {
    for (const worker of workers) {
      const times = (this.#spares.get(worker)?.times ?? 0) + 1;
      this.#spares.set(worker, { reason, times, until_ms: now_ms + pauseOf(times) });
    }
  }

  /** After a team that was better, a smaller one may be better still. */
  #pauseWithout(is_better: boolean, now_ms: number): void {
    this.#failed = is_better ? 0 : this.#failed + 1;
    this.#next_without_ms = is_better ? -Infinity : now_ms + pauseOf(this.#failed);
  }

  #pauseShares(is_better: boolean, now_ms: number): void {
    this.#failed_shares = is_better ? 0 : this.#failed_shares + 1;
    this.#next_shares_ms = is_better ? -Infinity : now_ms + pauseOf(this.#failed_shares);
  }

  /** Begins a trial if one is due: the ranges to assign meanwhile, or null. `speeds`: of all that may be given shards. */
  begin(ranges: readonly Range[], speeds: readonly Speed[], now_ms: number): readonly Range[] | null {
    if (this.#times.count < BASELINE_STEPS || now_ms < this.#next_ms) return null;
    return this.#beginWithSpares(ranges, speeds, now_ms) ?? this.#beginWithout(ranges, speeds, now_ms);
  }

  /**
   * Tries the ranges `next`, by which those of `joining` would have shards that have none. "direct": nothing is known to
   * compare them with; "later": the last trial cost too much, unless somebody is new.
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
    if (now_ms < this.#next_shares_ms) return "later";
    return this.#start("shares", [], ranges, next, now_ms);
  }

  #beginWithSpares(
    ranges: readonly Range[],
    speeds: readonly Speed[],
    now_ms: number,
  ): readonly Range[] | null {
    const due = speeds.filter(({ worker }) => (this.#spares.get(worker)?.until_ms ?? Infinity) <= now_ms);
    if (due.length === 0) return null;
    const working = workingOf(ranges, speeds);
    const tried = due.toSorted((a, b) => rangeTime(a, 1) - rangeTime(b, 1))
      .slice(0, atOnce(working.length));
    const workers = tried.map(({ worker }) => worker);
    const next = this.#assign([...working, ...tried]);
    const is_used = workers.every((worker) => next.ranges.some((range) => range.worker === worker));
    const now = this.#assign(working);
    if (is_used && next.predicted_ms <= (1 - LEAST_GAIN) * now.predicted_ms) {
      return this.#start("with", workers, ranges, next.ranges, now_ms);
    }
    // By its own times already it would not help.
    for (const worker of workers) this.#spare([worker], this.#spares.get(worker)!.reason, now_ms);
    return null;
  }

  #beginWithout(ranges: readonly Range[], speeds: readonly Speed[], now_ms: number): readonly Range[] | null {
    if (now_ms < this.#next_without_ms) return null;
    const working = workingOf(ranges, speeds);
    const costly = working.filter(({ transfer_ms }) => transfer_ms >= COSTLY_SHARE * this.#times.median_ms)
      .toSorted((a, b) => rangeTime(b, 1) - rangeTime(a, 1));
    const cheap = working.length - costly.length;
    if (working.length < 2 || costly.length === 0) return null;
    // Those that cost nothing may do best alone; where there are none, or that was tried, half of the others may go.
    const count = cheap > 0 && this.#failed % 2 === 0
      ? costly.length
      : Math.max(1, Math.floor(costly.length / 2));
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

function pauseOf(times: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (times - 1));
}

/** True if steps are shorter than before; null where that is not known yet. */
function verdict(before_ms: number, { count, median_ms }: RoundTimes): boolean | null {
  const change = median_ms / before_ms - 1;
  if (count >= TRIAL_STEPS) return change <= -LEAST_GAIN;
  if (count >= CLEAR_STEPS && Math.abs(change) >= CLEARLY) return change < 0;
  return null;
}

function reasonText({ kind, workers, before_ms }: Trial, ranges: readonly Range[], trial_ms: number): string {
  const [now, before] = [milliseconds(trial_ms), milliseconds(before_ms)];
  if (kind === "shares") {
    return `Steps take ${now} with this many shards: ${sharesText(ranges)}; ${before} before`;
  }
  const [who, them] = workers.length === 1
    ? [`worker ${workers[0]}`, "it"]
    : [`workers ${workers.join(", ")}`, "them"];
  const [with_ms, without_ms] = kind === "with" ? [now, before] : [before, now];
  return `Steps take ${with_ms} with ${who}, ${without_ms} without ${them}`;
}

export function milliseconds(duration_ms: number): string {
  return `${duration_ms >= 10 ? Math.round(duration_ms) : duration_ms.toPrecision(2)} ms`;
}
