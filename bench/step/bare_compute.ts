/** The bare computing of a run's steps: as many processes as the run has compute threads, all busy at once. */
import type { NetworkName } from "../../common/network_name.ts";
import { PeerProcess } from "../peers/peer_process.ts";
import { median } from "../../common/median.ts";

/** Who computes side by side. */
export interface Lanes {
  readonly num_lanes: number;
  /** Shards that the busiest of them computes in a step. */
  readonly shards_per_lane: number;
  readonly micro_batch: number;
}

export interface BareTimes {
  /** Milliseconds of one step. */
  readonly critic_ms: number;
  readonly generator_ms: number;
}

/** `threads`: compute threads of all workers. No more lanes are busy than there are shards. */
export function lanesOf(threads: number, shards: number, batch: number): Lanes {
  const num_lanes = Math.min(threads, shards);
  return { num_lanes, shards_per_lane: Math.ceil(shards / num_lanes), micro_batch: batch / shards };
}

/** "bare": through onnxruntime-node's `session.run`. "bound": as workers do, over buffers that are bound once. */
export type Way = "bare" | "bound";

/** Median times while all lanes compute the same kind of step, for `milliseconds` each kind. */
export async function measureBare(lanes: Lanes, way: Way, milliseconds: number): Promise<BareTimes> {
  const args = [String(lanes.micro_batch), String(lanes.shards_per_lane), way];
  const processes = Array.from(
    { length: lanes.num_lanes },
    (_, i) => PeerProcess.deno(`Compute process ${i}`, "step/compute_process.ts", args),
  );
  try {
    await Promise.all(processes.map((process) => process.next()));
    const measure = async (kind: NetworkName) => {
      const question = { kind, milliseconds };
      const answers = await Promise.all(processes.map((p) => p.ask<{ step_ms: number[] }>(question)));
      return median(answers.flatMap(({ step_ms }) => step_ms));
    };
    return { critic_ms: await measure("critic"), generator_ms: await measure("generator") };
  } finally {
    await Promise.all(processes.map((process) => process.close()));
  }
}
