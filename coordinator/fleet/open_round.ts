/** The round under way: what was asked, and what has become of it so far. */
import type { TreeNode } from "../../kernels/tree.ts";
import type { ClaimedTimes } from "./claims.ts";
import type { RoundRequest } from "./fence.ts";
import { RefusedWork } from "./refused_work.ts";
import type { NodeResult, Round } from "./round.ts";
import { SecondOpinions } from "./second_opinions.ts";
import type { RoundChunks, TakeChunk } from "./streaming/round_chunks.ts";
import type { WorkerShare, WorkerShares } from "./worker_share.ts";

export interface RoundOutcome {
  readonly results: readonly NodeResult[];
  /** True if the results are still what their workers wrote: to be asked when they have been read. */
  readonly areWhole: () => boolean;
  readonly shares: ReadonlyMap<number, WorkerShare>;
  /** True if results came in chunks, all of which were handed on: the results have only their tails then. */
  readonly streamed?: boolean;
}

/** A part of a round that is another coordinator's: one node of it, and more by `Fleet.extend`. */
export interface RoundPart {
  readonly node: TreeNode;
  /** Called when one more result counts, with all that do. */
  readonly answered: (results: readonly NodeResult[], answer: TreeNode & ClaimedTimes) => void;
}

export interface OpenRound {
  readonly request: RoundRequest;
  readonly opinions: SecondOpinions;
  readonly round: Round;
  readonly refused: RefusedWork;
  readonly shares: WorkerShares;
  readonly asked_ms: number;
  /** Who takes chunks; null: results are wanted whole. */
  readonly take: TakeChunk | null;
  readonly answered: RoundPart["answered"] | null;
  /** Null until a result comes in chunks. */
  chunks: RoundChunks | null;
  readonly resolve: (outcome: RoundOutcome) => void;
  readonly reject: (error: unknown) => void;
}

/** A round of which nothing has come yet. */
export function openRound(
  asked: Pick<OpenRound, "request" | "round" | "asked_ms" | "take" | "answered" | "resolve" | "reject">,
): OpenRound {
  const { request } = asked;
  return {
    ...asked,
    refused: new RefusedWork(request),
    opinions: new SecondOpinions(),
    shares: new Map(),
    chunks: null,
  };
}
