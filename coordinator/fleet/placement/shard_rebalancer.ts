/** Which worker computes which shards now, and when that changes. */
import {
  assignShards,
  type Range,
  rebalance,
  type Speed,
  trustedSpeeds,
  WORTHWHILE_GAIN,
} from "./assignment.ts";

/** Speeds are looked at this often, however long a step takes. */
const REBALANCE_MS = 5_000;
/** Shards that were given out before their workers were measured move at once where this is gained: no load explains it. */
const SURE_GAIN = 0.5;
/** A transfer of this length is a link's; a shorter one may be a passing load's. */
const LINK_MS = 100;
/** Enough to do without a worker: fewer wait for each other then. It comes back only where that is worth more. */
const SPARING_GAIN = 0.03;

/** A new assignment. `reason`: the measured speeds that asked for it; null after workers came or went. */
export interface Change {
  readonly reason: string | null;
}

export class ShardRebalancer {
  readonly #num_shards: number;
  readonly #at_a_time: number;
  #ranges: readonly Range[] = [];
  /** Whom shards were given to, or could have been, at the last look. */
  #workers: ReadonlySet<number> = new Set();
  #looked_at_ms = -Infinity;
  /** The assignment that the last look at the speeds would have had. */
  #proposed = "";
  /** True if some shards were given to workers of which no answer had been measured. */
  #is_guess = false;

  /** `at_a_time`: shards that may not be parted. */
  constructor(num_shards: number, at_a_time = 1) {
    this.#num_shards = num_shards;
    this.#at_a_time = at_a_time;
  }

  get ranges(): readonly Range[] {
    return this.#ranges;
  }

  /** Assigns shards to workers of these speeds where that is due; null where all stays as it is. */
  update(speeds: readonly (Speed & { readonly measured: boolean })[], now_ms: number): Change | null {
    const before = this.#workers;
    this.#workers = new Set(speeds.map(({ worker }) => worker));
    const trusted = trustedSpeeds(speeds);
    if (this.#ranges.length === 0 || this.#ranges.some(({ worker }) => !this.#workers.has(worker))) {
      this.#looked_at_ms = now_ms;
      this.#ranges = assignShards(this.#num_shards, trusted, this.#at_a_time).ranges;
      this.#is_guess = this.#isGuess(speeds);
      return { reason: null };
    }
    if (this.#is_guess && !this.#isGuess(speeds)) {
      this.#is_guess = false;
      const change = this.#correct(this.#working(trusted));
      if (change !== null) return change;
    }
    const has_newcomer = speeds.some(({ worker }) => !before.has(worker));
    if (has_newcomer) return this.#widen(trusted);
    if (now_ms - this.#looked_at_ms < REBALANCE_MS) return null;
    this.#looked_at_ms = now_ms;
    return this.#confirm(trusted);
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
   * compared: their first answers took longer than a spare worker's probe.
   */
  #correct(speeds: readonly Speed[]): Change | null {
    if (!speeds.some(({ transfer_ms }) => transfer_ms >= LINK_MS)) return null;
    const { decision, reason, ranges } = this.#rebalance(speeds, SURE_GAIN);
    if (decision === "keep") return null;
    this.#ranges = ranges;
    return { reason };
  }

  /** Shares the work with a newcomer at once unless steps would be longer. Where it would only replace another, that can wait. */
  #widen(speeds: readonly Speed[]): Change {
    const { decision, ranges } = this.#rebalance(speeds, 0);
    if (decision === "move" && ranges.length > this.#ranges.length) this.#ranges = ranges;
    return { reason: null };
  }

  #rebalance(speeds: readonly Speed[], least_gain: number) {
    return rebalance(this.#num_shards, this.#ranges, speeds, least_gain, this.#at_a_time);
  }

  /** Moves shards once two looks in a row have found the same: a passing load would move them to and fro. */
  #confirm(speeds: readonly Speed[]): Change | null {
    const sparing = this.#rebalance(speeds, SPARING_GAIN);
    const least_gain = sparing.ranges.length < this.#ranges.length ? SPARING_GAIN : WORTHWHILE_GAIN;
    const { decision, reason, ranges } = this.#rebalance(speeds, least_gain);
    const shares = JSON.stringify(ranges);
    const is_confirmed = decision === "move" && shares === this.#proposed;
    this.#proposed = shares;
    if (!is_confirmed) return null;
    this.#ranges = ranges;
    return { reason };
  }
}
