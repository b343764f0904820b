/** Events of workers for the rest of the coordinator. */
import type { RoundRequest } from "./fence.ts";
import type { Member } from "./member.ts";
import type { Task } from "./round.ts";

/** The fault of a worker that leaves while it owes work, and has not said why. */
export const WORKER_LOST = "worker lost in mid-step";

/** What went wrong and was dealt with. */
export interface FleetFault {
  readonly what: string;
  readonly worker: number | null;
  readonly decision: string;
  readonly reason: string;
}

export interface FleetObserver {
  joined(member: Member): void;
  /** A relay has told of the workers behind it. */
  relayed(member: Member): void;
  left(member: Member, reason: string): void;
  fault(fault: FleetFault): void;
  /** A newcomer was not let in. */
  refused(name: string, reason: string): void;
}

/** `tasks`: what others were asked for in its place. */
export function lostInMidStep(
  { id }: Pick<Member, "id">,
  { step }: Pick<RoundRequest, "step">,
  tasks: readonly Task[],
  reason: string,
): FleetFault {
  const to = [...new Set(tasks.map(({ worker }) => worker))].join(", ");
  return {
    what: WORKER_LOST,
    worker: id,
    decision: `gave its open shards of step ${step} to worker ${to}`,
    reason,
  };
}
