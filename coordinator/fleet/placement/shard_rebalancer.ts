/** Which worker computes which shards now, and when that changes. */
import { assignShards, type Range, rebalance, type Speed, trustedSpeeds } from "./assignment.ts";

/** Speeds are looked at this often, however long a step takes. */
const REBALANCE_MS = 5_000;

/** A new assignment. `reason`: the measured speeds that asked for it; null after workers came or went. */
export interface Change {
  readonly reason: string | null;
}

export class ShardRebalancer {
  readonly #num_shards: number;
  #ranges: readonly Range[] = [];
  /** Whom shards were given to, or could have been, at the last look. */
  #workers: ReadonlySet<number> = new Set();
  #looked_at_ms = -Infinity;
  /** The assignment that the last look at the speeds would have had. */
  #proposed = "";

  constructor(num_shards: number) {
    this.#num_shards = num_shards;
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
      this.#ranges = assignShards(this.#num_shards, trusted).ranges;
      return { reason: null };
    }
    const has_newcomer = speeds.some(({ worker }) => !before.has(worker));
    if (has_newcomer) return this.#widen(trusted);
    if (now_ms - this.#looked_at_ms < REBALANCE_MS) return null;
    this.#looked_at_ms = now_ms;
    return this.#confirm(trusted);
  }

  /** Shares the work with a newcomer at once unless steps would be longer. Where it would only replace another, that can wait. */
  #widen(speeds: readonly Speed[]): Change {
    const { decision, ranges } = rebalance(this.#num_shards, this.#ranges, speeds, 0);
    if (decision === "move" && ranges.length > this.#ranges.length) this.#ranges = ranges;
    return { reason: null };
  }

  /** Moves shards once two looks in a row have found the same: a passing load would move them to and fro. */
  #confirm(speeds: readonly Speed[]): Change | null {
    const { decision, reason, ranges } = rebalance(this.#num_shards, this.#ranges, speeds);
    const shares = JSON.stringify(ranges);
    const is_confirmed = decision === "move" && shares === this.#proposed;
    this.#proposed = shares;
    if (!is_confirmed) return null;
    this.#ranges = ranges;
    return { reason };
  }
}
