/** Why a run does not go on: one string for the terminal, the live page and the tests. */

import { counted } from "../../common/text/counted.ts";

/** Work that is older than this is said to be waited for: shorter steps come and go. */
const NOTICEABLE_MS = 2_000;

/** How things stand between the coordinator and its workers. */
export interface Standing {
  /** True if there have been enough workers to begin. */
  readonly started: boolean;
  readonly num_workers: number;
  /** Workers that the first step waits for. */
  readonly min_workers: number;
  /** Shards that were asked for and are not there yet. */
  readonly asked: readonly {
    readonly worker: number;
    readonly begin: number;
    readonly end: number;
    readonly issued_ms: number;
  }[];
  readonly now_ms: number;
}

/** Workers that are required now, and how many of them are missing. */
export function missingWorkers({ started, num_workers, min_workers }: Omit<Standing, "asked" | "now_ms">) {
  const required = started ? 1 : min_workers;
  return { required, missing: Math.max(0, required - num_workers) };
}

/** The reason in words without a full stop; null: nothing is waited for. */
export function waitingReason(standing: Standing): string | null {
  const { num_workers, asked, now_ms } = standing;
  const { missing } = missingWorkers(standing);
  if (missing > 0) {
    return `Waiting for ${counted(missing, num_workers > 0 ? "more worker" : "worker")}`;
  }
  const oldest = asked.toSorted((a, b) => a.issued_ms - b.issued_ms)[0];
  if (!oldest || now_ms - oldest.issued_ms < NOTICEABLE_MS) return null;
  const { worker, begin, end, issued_ms } = oldest;
  const shards = end - begin === 1 ? `shard ${begin}` : `shards ${begin} to ${end - 1}`;
  const seconds = Math.round((now_ms - issued_ms) / 1000);
  return `Waiting for worker ${worker}, which was asked for ${shards} ${seconds} s ago`;
}
