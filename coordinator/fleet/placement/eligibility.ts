/** Which workers may be given shards, and what those without are told. Pure. */
import { helpers, type Range, rangeTime } from "./assignment.ts";
import type { SpareReason } from "./spare_workers.ts";
import { milliseconds } from "./trial_verdict.ts";
import type { Member } from "../member.ts";

type Known = Pick<Member, "id" | "record">;

/**
 * Workers that may be given shards before a round: those that answer in time, and those that have shards and of which
 * nothing else is known yet. As long as nobody has proved to answer in time, all but the late ones; alone, these, too.
 */
export function candidates<M extends Known>(members: readonly M[], ranges: readonly Range[]): readonly M[] {
  const proven = members.some(({ record }) => record.standing === "proven");
  const working = new Set(ranges.map(({ worker }) => worker));
  const may = members.filter(({ id, record: { standing } }) =>
    standing === "proven" || (standing === "new" && (!proven || working.has(id)))
  );
  return may.length > 0 ? may : members;
}

/** Workers that may take over shards in mid-round, the quickest first; those that owe a late answer only alone. */
export function helpersAmong(members: readonly Known[]): number[] {
  const in_time = members.filter(({ record }) => !record.owes);
  return helpers((in_time.length > 0 ? in_time : members).map(({ record }) => record.speed));
}

/** At a time so many workers that have shards for each spare one that is measured; one in any case. */
const TRIAL_SHARE = 4;

/** Workers without shards whose speed it is time to measure; none as long as nobody has proved to answer in time. */
export function trialsDue<M extends Known>(
  members: readonly M[],
  working: ReadonlySet<number>,
  now_ms: number,
): readonly M[] {
  if (!members.some(({ record }) => record.standing === "proven")) return [];
  const spares = members.filter(({ id }) => !working.has(id));
  // Many at once would fill the coordinator's link, and have those that work wait.
  const under_way = spares.filter(({ record }) => record.oldest !== undefined && !record.owes).length;
  const room = Math.max(1, Math.floor(working.size / TRIAL_SHARE)) - under_way;
  return spares.filter(({ record }) => record.isTrialDue(now_ms, spares.length)).slice(0, Math.max(0, room));
}

/** Why a worker is left without shards, besides its own speed. */
export interface WhySpare {
  /** Steps with it were longer. */
  readonly tried: SpareReason | null;
  /** There are too few shards. */
  readonly idle: string | null;
}

/** The notice to a worker that is left without shards, or given some again. */
export function spareNotice(
  is_spare: boolean,
  { record: { standing, speed } }: Known,
  { tried, idle }: WhySpare,
): string {
  if (!is_spare) return "This worker is no longer a spare worker: it was given shards";
  if (standing === "late") {
    return "This worker answered too late: it waits as a spare worker and is tried again later";
  }
  const whole_ms = Math.round(rangeTime(speed, 1)), transfer_ms = Math.round(speed.transfer_ms);
  const figures = speed.measured
    ? ` (its answers take ${whole_ms} ms, ${transfer_ms} ms of that in transfer)`
    : "";
  if (tried !== null) {
    return `Steps take ${milliseconds(tried.with_ms)} with this worker and ${
      milliseconds(tried.without_ms)
    } without it` +
      `${figures}: it waits as a spare worker and is tried again later`;
  }
  const notice = `No shard is left for this worker${figures}: it waits as a spare worker`;
  return idle === null ? notice : `${notice}. ${idle}`;
}
