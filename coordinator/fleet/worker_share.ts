/** Work of one worker for a step: counted within a round, added over the rounds of a step. */

import type { TreeNode } from "../../kernels/tree.ts";
import { believable, type ClaimedTimes } from "./claims.ts";
import type { Member } from "./member.ts";

export interface WorkerShare {
  shards: number;
  compute_ms: number;
  elapsed_ms: number;
  /** From the asking of the round to this worker's last answer, by the coordinator's clock. */
  answered_ms: number;
}

export type WorkerShares = Map<number, WorkerShare>;

function shareOf(shares: WorkerShares, worker: number): WorkerShare {
  const share = shares.get(worker) ?? { shards: 0, compute_ms: 0, elapsed_ms: 0, answered_ms: 0 };
  shares.set(worker, share);
  return share;
}

/**
 * Counts one result of a round. A worker computes its nodes side by side: the last one ends its time. `since_ms`: from
 * asking for this node to the answer; `answered_ms`: from asking for the first; `steps`: that it computed them in.
 */
export function countResult(
  shares: WorkerShares,
  member: Pick<Member, "id" | "threads" | "shards_computed">,
  result: ClaimedTimes & TreeNode,
  { since_ms, answered_ms, steps = 1 }: {
    readonly since_ms: number;
    readonly answered_ms: number;
    readonly steps?: number;
  },
): void {
  const shards = (result.end - result.begin) * steps;
  const { compute_ms, elapsed_ms } = believable(result, member.threads, since_ms);
  member.shards_computed += shards;
  const share = shareOf(shares, member.id);
  share.shards += shards;
  share.compute_ms += compute_ms;
  share.elapsed_ms = Math.max(share.elapsed_ms, elapsed_ms);
  share.answered_ms = Math.max(share.answered_ms, answered_ms);
}

/** Adds a round's shares to those of the step. */
export function addShares(total: WorkerShares, round: ReadonlyMap<number, WorkerShare>): void {
  for (const [worker, { shards, compute_ms, elapsed_ms, answered_ms }] of round) {
    const share = shareOf(total, worker);
    share.shards += shards;
    share.compute_ms += compute_ms;
    share.elapsed_ms += elapsed_ms;
    share.answered_ms += answered_ms;
  }
}
