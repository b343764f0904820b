/** Messages to workers besides weights: their work, the shards that they hold, and whether there are any for them. */
import { checksumBytes } from "../../kernels/kernels.ts";
import type { MessageOf } from "../../wire/messages.ts";
import type { Answers } from "./answers/answers.ts";
import type { Range } from "./placement/assignment.ts";
import { idleThreads } from "./placement/idle_threads.ts";
import { spareNotice } from "./placement/eligibility.ts";
import type { ShardRebalancer } from "./placement/shard_rebalancer.ts";
import type { Member } from "./member.ts";
import type { ShardSource } from "../data/sharded_data.ts";

/** Asks for a node, and sends the examples along of the shards that the worker does not hold. */
export function sendWork(
  { channel, held }: Member,
  data: ShardSource,
  answers: Pick<Answers, "positions" | "takesReal">,
  work: Omit<MessageOf<"work">, "type" | "inline" | "checksum">,
): void {
  const inline: number[] = [];
  if (answers.takesReal(work.kind)) {
    for (let shard = work.begin; shard < work.end; shard++) if (!held.has(shard)) inline.push(shard);
  }
  const examples = inline.length === 0 ? undefined : data.inline(inline, answers.positions(work));
  channel.send(
    { type: "work", ...work, inline, checksum: examples ? checksumBytes(examples) : null },
    examples,
  );
}

/** Sends each worker the shards of its range, while it computes. */
export function shipShards(
  ranges: readonly Range[],
  members: ReadonlyMap<number, Member>,
  run: string,
  data: ShardSource,
): void {
  for (const { worker, begin, end } of ranges) {
    const member = members.get(worker)!;
    void (async () => {
      for (let shard = begin; shard < end; shard++) {
        if (data.holds(shard)) await member.ship(run, shard, () => data.shard(shard));
      }
    })();
  }
}

/** True if the workers hold their shards, so that no examples travel beside their work. */
export function holdAll(ranges: readonly Range[], members: ReadonlyMap<number, Member>): boolean {
  return ranges.every(({ worker, begin, end }) => {
    const held = members.get(worker)?.held;
    for (let shard = begin; shard < end; shard++) if (!held?.has(shard)) return false;
    return true;
  });
}

/**
 * Tells those that have become spare, and those that are no longer. `parts`: of the run, of which there may be too few for
 * all; null where that is another's to say.
 */
export function tellSpares(
  placement: Pick<ShardRebalancer, "ranges" | "whySpare">,
  members: readonly Member[],
  parts: { readonly num_shards: number; readonly learners: number | null } | null,
): void {
  const working = new Set(placement.ranges.map((range) => range.worker));
  const idle = parts && idleThreads(parts.num_shards, totalThreads(members), parts.learners);
  for (const member of members) {
    const spare = !working.has(member.id);
    if (spare === member.told_spare) continue;
    member.told_spare = spare;
    const tried = placement.whySpare(member.id);
    member.channel.send({ type: "notice", text: spareNotice(spare, member, { tried, idle }) });
  }
}

function totalThreads(members: readonly Member[]): number {
  return members.reduce((sum, { threads }) => sum + threads, 0);
}
