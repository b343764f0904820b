/** Which worker computes which shards now, and when that changes. */
import {
  assignShards,
  levelled,
  type Range,
  rangeTime,
  rebalance,
  type Speed,
  trustedSpeeds,
  WORTHWHILE_GAIN,
} from "./assignment.ts";
import type { SpareReason } from "./spare_workers.ts";
import { atOnce, TeamTrials } from "./team_trials.ts";

/** Speeds are looked at this often, however long a step takes. */
const REBALANCE_MS = 5_000;
/** Shards that were given out before their workers were measured move at once where this is gained: no load explains it. */
const SURE_GAIN = 0.5;
/** A transfer of this length is a link's; a shorter one may be a passing load's. */
const LINK_MS = 100;
/** Enough to do without a worker: fewer wait for each other then. It comes back only where that is worth more. */
const SPARING_GAIN = 0.03;

/**
 * A new assignment. `reason`: the measured speeds that asked for it; null after workers came or went. `is_trial`: for a
 * few steps, to see how long they take.
 */
export interface Change {
  readonly reason: string | null;
  readonly is_trial?: boolean;
}

type KnownSpeed = Speed & { readonly measured: boolean };

/** A round that begins. */
export interface BegunRound {
  readonly kind: "critic" | "generator";
  /** Whether the workers hold their shards, so that no data travel beside their work. */
  readonly holdsAll: () => boolean;
  /** Whether no link is between a worker and the coordinator: it is never left out for a trial. */
  readonly isLocal: (worker: number) => boolean;
}

const UNTRIED: BegunRound = { kind: "critic", holdsAll: () => false, isLocal: () => false };

export class ShardRebalancer {
  readonly #num_shards: number;
  readonly #at_a_time: number;
  #ranges: readonly Range[] = [];
  /** Whom shards were given to, or could have been, at the last look. */
  #workers: ReadonlySet<number> = new Set();
  /** All that were ever here. */
  readonly #seen = new Set<number>();
  #looked_at_ms = -Infinity;
  /** The assignment that the last look at the speeds would have had. */
  #proposed = "";
  /** True if some shards were given to workers of which no answer had been measured. */
  #is_guess = false;
  readonly #trials: TeamTrials;
  #isLocal: BegunRound["isLocal"] = UNTRIED.isLocal;

  /** `at_a_time`: shards that may not be parted. */
  constructor(num_shards: number, at_a_time = 1) {
    this.#num_shards = num_shards;
    this.#at_a_time = at_a_time;
    this.#trials = new TeamTrials({ num_shards, at_a_time });
  }

  /** True while a team is tried: what else would load the workers must wait. */
  get is_trying(): boolean {
    return this.#trials.is_under_way;
  }

  /** Why a worker is left out, where steps with it were longer. */
  whySpare(worker: number): SpareReason | null {
    return this.#trials.whySpare(worker);
  }

  get ranges(): readonly Range[] {
    return this.#ranges;
  }

  /** Assigns shards to workers of these speeds where that is due; null where all stays as it is. For each round. */
  update(speeds: readonly KnownSpeed[], now_ms: number, round: BegunRound = UNTRIED): Change | null {
    const before = this.#workers;
    this.#workers = new Set(speeds.map(({ worker }) => worker));
    this.#trials.began(round.kind, now_ms);
    const newcomers = [...this.#workers].filter((worker) => !before.has(worker));
    if (newcomers.some((worker) => !this.#seen.has(worker))) this.#trials.hasNewcomers();
    for (const worker of newcomers) this.#seen.add(worker);
    const trusted = levelled(trustedSpeeds(speeds));
    this.#isLocal = round.isLocal;
    const change = this.#update(this.#trials.available(speeds), trusted, newcomers, now_ms);
    if (change !== null) return change;
    return this.is_trying || round.kind === "generator" ? null : this.#try(trusted, now_ms, round);
  }

  /** Begins a trial if one is due; not as long as data travel beside the work. */
  #try(speeds: readonly Speed[], now_ms: number, { holdsAll, isLocal }: BegunRound): Change | null {
    if (!holdsAll()) {
      this.#trials.changed();
      return null;
    }
    const tried = this.#trials.begin(this.#ranges, speeds, now_ms, isLocal);
    if (tried === null) return null;
    this.#ranges = tried;
    return { reason: null, is_trial: true };
  }

  #update(
    speeds: readonly KnownSpeed[],
    all: readonly Speed[],
    newcomers: readonly number[],
    now_ms: number,
  ): Change | null {
    if (this.#isLost()) return this.#assignAll(speeds, now_ms);
    if (this.is_trying) {
      const change = this.#endTrial(now_ms);
      return this.#isLost() ? this.#assignAll(speeds, now_ms) : change;
    }
    const trusted = this.#trials.available(all);
    if (this.#is_guess && !this.#isGuess(speeds)) {
      this.#is_guess = false;
      const change = this.#correct(this.#working(trusted));
      if (change !== null) return change;
    }
    if (newcomers.length > 0) return this.#widen(trusted, now_ms);
    if (now_ms - this.#looked_at_ms < REBALANCE_MS) return null;
    this.#looked_at_ms = now_ms;
    return this.#confirm(this.#nearest(trusted), now_ms);
  }

  /** True if some shards are nobody's that is here. */
  #isLost(): boolean {
    return this.#ranges.length === 0 || this.#ranges.some(({ worker }) => !this.#workers.has(worker));
  }

  #assignAll(speeds: readonly KnownSpeed[], now_ms: number): Change {
    this.#looked_at_ms = now_ms;
    this.#move(assignShards(this.#num_shards, trustedSpeeds(speeds), this.#at_a_time).ranges);
    this.#is_guess = this.#isGuess(speeds);
    return { reason: null };
  }

  #endTrial(now_ms: number): Change | null {
    const end = this.#trials.end(this.#ranges, now_ms);
    if (end === null) return null;
    this.#ranges = end.ranges;
    return end;
  }

  #move(ranges: readonly Range[]): void {
    this.#ranges = ranges;
    this.#trials.changed();
  }

  #isGuess(speeds: readonly (Speed & { readonly measured: boolean })[]): boolean {
    return this.#working(speeds).some(({ measured }) => !measured);
  }

  /** Those that have shards. */
  #working<S extends Speed>(speeds: readonly S[]): S[] {
    const working = new Set(this.#ranges.map(({ worker }) => worker));
    return speeds.filter(({ worker }) => working.has(worker));
  }

  /**
   * All who work have been measured for the first time, and a probe knows nothing of the way to a worker. They alone are
   * compared: their first answers took longer than a spare worker's probe. A worker on this machine has no link: what
   * its first answer took besides computing was a busy processor's.
   */
  #correct(measured: readonly Speed[]): Change | null {
    const speeds = measured.map((speed) =>
      this.#isLocal(speed.worker) ? { ...speed, transfer_ms: 0 } : speed
    );
    if (!speeds.some(({ transfer_ms }) => transfer_ms >= LINK_MS)) return null;
    const { decision, reason, ranges } = this.#rebalance(speeds, SURE_GAIN);
    return decision === "keep" ? null : this.#moved(ranges, reason);
  }

  /**
   * Shares the work with newcomers at once unless steps would be longer, for a trial where it is known how long they are
   * without. Where one would only replace another, that can wait.
   */
  #widen(speeds: readonly Speed[], now_ms: number): Change {
    const { decision, ranges } = this.#rebalance(speeds, 0);
    if (decision !== "move" || ranges.length <= this.#ranges.length) return { reason: null };
    return this.#tryMove(ranges, null, now_ms) ?? { reason: null };
  }

  #rebalance(speeds: readonly Speed[], least_gain: number) {
    return rebalance(this.#num_shards, this.#ranges, speeds, least_gain, this.#at_a_time);
  }

  /** Those that have shards, and the quickest of the others: as many as may join at once. */
  #nearest(speeds: readonly Speed[]): readonly Speed[] {
    const working = new Set(this.#ranges.map(({ worker }) => worker));
    const others = speeds.filter(({ worker }) => !working.has(worker))
      .toSorted((a, b) => rangeTime(a, this.#at_a_time) - rangeTime(b, this.#at_a_time))
      .slice(0, atOnce(working.size));
    const joining = new Set(others.map(({ worker }) => worker));
    return speeds.filter(({ worker }) => working.has(worker) || joining.has(worker));
  }

  /**
   * Moves shards once two looks in a row have found the same: a passing load would move them to and fro. They stay where
   * they were if steps do not get shorter: workers' times change with what the others do, and those of a spare one are its
   * quickest.
   */
  #confirm(speeds: readonly Speed[], now_ms: number): Change | null {
    const sparing = this.#rebalance(speeds, SPARING_GAIN);
    const left = new Set(sparing.ranges.map(({ worker }) => worker));
    const is_sparing = left.size < this.#ranges.length &&
      !this.#ranges.some(({ worker }) => !left.has(worker) && this.#isLocal(worker));
    const least_gain = is_sparing ? SPARING_GAIN : WORTHWHILE_GAIN;
    const { decision, reason, ranges } = this.#rebalance(speeds, least_gain);
    const shares = JSON.stringify(ranges);
    const is_confirmed = decision === "move" && shares === this.#proposed;
    this.#proposed = shares;
    return is_confirmed ? this.#tryMove(ranges, reason, now_ms) : null;
  }

  /** Moves shards for a trial, or for good where it is not known how long steps are now. */
  #tryMove(ranges: readonly Range[], reason: string | null, now_ms: number): Change | null {
    const joining = ranges.map(({ worker }) => worker).filter((worker) =>
      !this.#ranges.some((range) => range.worker === worker)
    );
    const tried = this.#trials.beginMove(this.#ranges, ranges, joining, now_ms);
    if (tried === "later") return null;
    if (tried === "direct") return this.#moved(ranges, reason);
    this.#ranges = tried;
    return { reason: null, is_trial: true };
  }

  #moved(ranges: readonly Range[], reason: string | null): Change {
    this.#move(ranges);
    return { reason };
  }
}
