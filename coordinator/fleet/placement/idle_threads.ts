/** What is said where threads idle because a run has fewer shards, and how to start one that keeps them busy. Pure. */
import { counted } from "../../../common/text/counted.ts";

/** Threads of all workers against shards, or learners if there are any; null where each thread can have one. */
export function idleThreads(num_shards: number, threads: number, learners: number | null): string | null {
  if (learners !== null) return idleBesideLearners(learners, threads);
  const idle = threads - num_shards;
  if (idle <= 0) return null;
  return `${counted(idle, "thread")} of ${threads} must idle: this run has ${
    counted(num_shards, "shard")
  }, and a thread ` +
    `computes one at a time; a new run with --for-workers ${threads}, and a --batch of ${threads} or more, keeps all busy`;
}

function idleBesideLearners(learners: number, threads: number): string | null {
  const idle = threads - learners;
  if (idle <= 0) return null;
  return `${counted(idle, "thread")} of ${threads} must idle: this run has ${
    counted(learners, "learner")
  }, and a thread trains one at a time; a new run with more --learners keeps all busy`;
}
