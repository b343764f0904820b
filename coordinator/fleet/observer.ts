/** Events of workers for the rest of the coordinator. */
import type { Member } from "./member.ts";

/** The fault of a worker that leaves while it owes work, and has not said why. */
export const WORKER_LOST = "worker lost in mid-step";

export interface FleetObserver {
  joined(member: Member): void;
  left(member: Member, reason: string): void;
  /** Something went wrong and was dealt with. */
  fault(fault: { what: string; worker: number | null; decision: string; reason: string }): void;
  /** A newcomer was not let in. */
  refused(name: string, reason: string): void;
}
