/** Workers that are late with their answers: who is asked, too, and who is taken for hung. */
import type { Member } from "../member.ts";
import type { FleetObserver } from "../observer.ts";
import type { Round, Task } from "../round.ts";
import { helpersAmong } from "./eligibility.ts";

/** Asks idle workers, too, for each node of which all who were asked for it are late; tells the observer. */
export function askForLate(
  round: Round,
  members: ReadonlyMap<number, Member>,
  now_ms: number,
  observer: Pick<FleetObserver, "fault">,
): Task[] {
  const busy = new Set(round.open.map((task) => task.worker));
  const idle = helpersAmong([...members.values()].filter(({ id }) => !busy.has(id)));
  if (idle.length === 0) return [];
  const lateOf = (task: Task) => members.get(task.worker)?.record.late_ms ?? 0;
  const isLate = (task: Task) => now_ms - task.issued_ms >= lateOf(task);
  const late = round.open.filter(isLate);
  const tasks = round.doubleLate(isLate, idle, now_ms);
  for (const task of tasks) {
    const owner = late.find(({ begin }) => begin === task.begin)!;
    const decision = `asked worker ${task.worker} for shards ${task.begin} to ${task.end - 1}, too`;
    const reason = `No answer within ${Math.round(lateOf(owner))} ms (from its earlier answers)`;
    observer.fault({ what: "late answer", worker: owner.worker, decision, reason });
  }
  return tasks;
}

/** Closes the connection of a worker that has owed an answer for far too long. False where there is none. */
export function closeHung(members: readonly Member[], now_ms: number): boolean {
  for (const { record, channel } of members) {
    record.becameLate(now_ms);
    if (!record.isHung(now_ms)) continue;
    const { begin, end, issued_ms } = record.oldest!;
    const waited_s = Math.round((now_ms - issued_ms) / 1000);
    channel.close(`It kept shards ${begin} to ${end - 1} for ${waited_s} s`);
    return true;
  }
  return false;
}
