/**
 * Which worker computes which shards: a pure function of the workers' speeds. It never changes bits, only time.
 */
import { MinHeap } from "../../../common/min_heap.ts";

/** Measurements of a worker's speed. */
export interface Speed {
  readonly worker: number;
  /** Shards it computes side by side. */
  readonly threads: number;
  /** Time of one shard on one of its threads. */
  readonly shard_ms: number;
  /** Time of an answer beyond computing: sending the work and returning the sum. */
  readonly transfer_ms: number;
}

/** Shards [begin, end) for a worker. */
export interface Range {
  readonly worker: number;
  readonly begin: number;
  readonly end: number;
}

export interface Assignment {
  /** Contiguous, in the workers' order, covering [0, num_shards); workers without shards are left out. */
  readonly ranges: readonly Range[];
  /** Time until the slowest is done, by the speeds given. */
  readonly predicted_ms: number;
}

/** A probe may be off by more than this, for instance beside others that compile; a measured time is not. */
const TRUST = 2;

/**
 * Speeds to assign by. A worker that has computed nothing yet is taken to be at most twice as slow as the fastest:
 * one noisy probe would otherwise leave it without a shard, and so unmeasured, for the whole run.
 */
export function trustedSpeeds(speeds: readonly (Speed & { readonly measured: boolean })[]): Speed[] {
  const fastest_ms = Math.min(...speeds.map(({ shard_ms }) => shard_ms));
  return speeds.map(({ worker, threads, shard_ms, transfer_ms, measured }) => ({
    worker,
    threads,
    shard_ms: measured ? shard_ms : Math.min(shard_ms, TRUST * fastest_ms),
    transfer_ms,
  }));
}

/** Transfers of one length: whoever comes first in a round, by chance or in turn, has the others' link for itself. */
const ALIKE = 2;

/**
 * The same speeds, with the mean of those transfers that are within a factor of 2 of each other: so shards go by speeds of
 * computing where links are alike, and not by who happened to be first.
 */
export function levelled(speeds: readonly Speed[]): Speed[] {
  const sorted = speeds.toSorted((a, b) => a.transfer_ms - b.transfer_ms);
  const means = new Map<number, number>();
  for (let begin = 0, end = 0; begin < sorted.length; begin = end) {
    let sum = 0;
    while (end < sorted.length && sorted[end]!.transfer_ms <= ALIKE * sorted[begin]!.transfer_ms) {
      sum += sorted[end++]!.transfer_ms;
    }
    for (const { worker } of sorted.slice(begin, end)) means.set(worker, sum / (end - begin));
  }
  return speeds.map((speed) => ({ ...speed, transfer_ms: means.get(speed.worker)! }));
}

/** From asking a worker for `num_shards` shards, one or more, to its answer. */
export function rangeTime({ threads, shard_ms, transfer_ms }: Speed, num_shards: number): number {
  return Math.ceil(num_shards / threads) * shard_ms + transfer_ms;
}

/** A worker, and when it would be done with one shard more. */
interface Offer {
  readonly index: number;
  /** Shards that it has already. */
  readonly count: number;
  readonly done_ms: number;
}

function isBefore(a: Offer, b: Offer): boolean {
  if (a.done_ms !== b.done_ms) return a.done_ms < b.done_ms;
  return a.count < b.count || (a.count === b.count && a.index < b.index);
}

/**
 * Gives each shard in turn, or so many at a time as may not be parted, to the worker that would be done with it first.
 * Ties go to the one with fewer shards, so that no worker is without any for a probe that took twice as long; then to the
 * earlier one.
 */
export function assignShards(num_shards: number, speeds: readonly Speed[], at_a_time = 1): Assignment {
  const counts = speeds.map(() => 0);
  const next = new MinHeap<Offer>(isBefore);
  const offer = (index: number) => {
    const count = counts[index]!;
    next.push({ index, count, done_ms: rangeTime(speeds[index]!, count + at_a_time) });
  };
  speeds.forEach((_, index) => offer(index));
  for (let shard = 0; shard < num_shards && speeds.length > 0; shard += at_a_time) {
    const { index } = next.pop()!;
    counts[index]! += at_a_time;
    offer(index);
  }
  const ranges: Range[] = [];
  let begin = 0;
  for (const [i, count] of counts.entries()) {
    if (count > 0) ranges.push({ worker: speeds[i]!.worker, begin, end: begin + count });
    begin += count;
  }
  return { ranges, predicted_ms: predictedTime(ranges, speeds) };
}

/** Time until the slowest worker is done with its range. */
export function predictedTime(ranges: readonly Range[], speeds: readonly Speed[]): number {
  const by_worker = new Map(speeds.map((speed) => [speed.worker, speed]));
  return Math.max(
    0,
    ...ranges.map((r) => {
      const speed = by_worker.get(r.worker);
      return speed ? rangeTime(speed, r.end - r.begin) : Infinity;
    }),
  );
}

/** Whoever answers within this time is quick enough to help out in mid-round, and so is who is not much slower than the best. */
const QUICK_MS = 1_000;
const QUICK_FACTOR = 4;

/** Workers that may take over shards in mid-round, the quickest first: none that would itself be waited for. */
export function helpers(speeds: readonly Speed[]): number[] {
  const times = speeds.map((speed) => ({ worker: speed.worker, ms: rangeTime(speed, 1) }));
  const quick_ms = Math.max(QUICK_MS, QUICK_FACTOR * Math.min(...times.map(({ ms }) => ms)));
  return times.filter(({ ms }) => ms <= quick_ms).sort((a, b) => a.ms - b.ms).map(({ worker }) => worker);
}

/** Workers that a sentence names; of the others it says how many. */
const MOST_NAMED = 8;

/** E.g. "worker 1: 3, worker 2: 1". */
export function sharesText(ranges: readonly Range[]): string {
  const named = ranges.slice(0, MOST_NAMED).map(({ worker, begin, end }) =>
    `worker ${worker}: ${end - begin}`
  );
  if (ranges.length <= MOST_NAMED) return named.join(", ");
  const others = ranges.slice(MOST_NAMED).map(({ begin, end }) => end - begin);
  const [least, most] = [Math.min(...others), Math.max(...others)];
  return `${named.join(", ")} and ${others.length} more: ${
    least === most ? least : `${least} to ${most}`
  } each`;
}

/** A changed assignment must promise at least this much, or data would be moved for nothing. */
export const WORTHWHILE_GAIN = 0.15;

export interface Rebalance {
  readonly decision: "keep" | "move";
  readonly reason: string;
  readonly ranges: readonly Range[];
}

/**
 * Decides whether measured speeds call for another assignment, one that makes steps shorter by at least this share. The
 * reason is what log and console say.
 */
export function rebalance(
  num_shards: number,
  current: readonly Range[],
  speeds: readonly Speed[],
  least_gain = WORTHWHILE_GAIN,
  at_a_time = 1,
): Rebalance {
  const now_ms = predictedTime(current, speeds);
  const next = assignShards(num_shards, speeds, at_a_time);
  const gain = 1 - next.predicted_ms / now_ms;
  if (!(gain >= least_gain)) {
    return { decision: "keep", reason: "no other assignment is worth moving data for", ranges: current };
  }
  return {
    decision: "move",
    reason:
      `By the measured speeds, steps become ${Math.round(gain * 100)} % shorter with this many shards: ` +
      sharesText(next.ranges),
    ranges: next.ranges,
  };
}
