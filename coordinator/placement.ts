/** Which worker computes which shards now, and when that changes. */
import { assignShards, type Range, rebalance, type Speed, trustedSpeeds } from "./assignment.ts";

/** Speeds are looked at this often, in steps. */
const REBALANCE_STEPS = 256;

/** A new assignment. `reason`: the measured speeds that asked for it; null after workers came or went. */
export interface Change {
  readonly reason: string | null;
}

export class Placement {
  readonly #num_shards: number;
  #ranges: readonly Range[] = [];
  #is_stale = true;
  #looked_at_step = 0;
  /** The assignment that the last look at the speeds would have had. */
  #proposed = "";

  constructor(num_shards: number) {
    this.#num_shards = num_shards;
  }

  get ranges(): readonly Range[] {
    return this.#ranges;
  }

  /** Workers came or went. */
  invalidate(): void {
    this.#is_stale = true;
  }

  /** Assigns anew before this step, where that is due; null where all stays as it is. */
  update(step: number, speeds: readonly (Speed & { readonly measured: boolean })[]): Change | null {
    if (this.#is_stale) {
      this.#is_stale = false;
      this.#ranges = assignShards(this.#num_shards, trustedSpeeds(speeds)).ranges;
      return { reason: null };
    }
    if (step - this.#looked_at_step < REBALANCE_STEPS) return null;
    this.#looked_at_step = step;
    const { decision, reason, ranges } = rebalance(this.#num_shards, this.#ranges, trustedSpeeds(speeds));
    // Twice in a row, or a passing load would move shards to and fro.
    const shares = JSON.stringify(ranges);
    const is_confirmed = decision === "move" && shares === this.#proposed;
    this.#proposed = shares;
    if (!is_confirmed) return null;
    this.#ranges = ranges;
    return { reason };
  }
}
