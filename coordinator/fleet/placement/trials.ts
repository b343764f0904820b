/** Nodes that workers without shards compute only to be measured: nobody waits for their answers. */
import type { Member } from "../member.ts";
import type { Task } from "../round.ts";
import { trialsDue } from "./eligibility.ts";

/** The smallest node that another computes anyway, for each worker that is due. */
export function trialTasks(
  tasks: readonly Task[],
  members: readonly Member[],
  now_ms: number,
): { readonly member: Member; readonly task: Task }[] {
  const [smallest] = tasks.toSorted((a, b) => a.end - a.begin - (b.end - b.begin));
  if (!smallest) return [];
  const working = new Set(tasks.map(({ worker }) => worker));
  return trialsDue(members, working, now_ms).map((member) => ({ member, task: smallest }));
}
