/** What a connection computes with: compute threads, or the workers behind a relay. */
import { VARYING_CLASS } from "../../../common/numeric_class.ts";
import type { NetworkName } from "../../../common/network_name.ts";
import type { Chunk } from "../../../kernels/chunks.ts";
import type { MessageOf } from "../../../wire/messages.ts";
import type { PlacedSum, SharedWork } from "../compute_calls.ts";
import type { SumTask } from "../sum_task.ts";
import type { Pool, PoolOptions } from "../pool.ts";
import type { Probe } from "../probe.ts";

export interface ComputePool extends
  Pick<
    Pool,
    "share" | "learn" | "recycle" | "makeAhead" | "job" | "probes" | "onbroken" | "terminate"
  > {
  /** As {@linkcode Pool.setWeights}. `step`: of the update whose chunks they are made of; absent: they came whole. */
  setWeights(network: NetworkName, weights: Float32Array, is_difference?: boolean, step?: number): void;
  /** As {@linkcode Pool.sum}. `work`: what was asked for, for who asks others for it. */
  sum(task: SumTask, shared: SharedWork | null, work: MessageOf<"work">): Promise<PooledSum>;
  /** Absent where it is no relay. */
  readonly relay?: RelaySide;
}

/** `elapsed_ms`: of computing, where that is known to be less than the time since the work came. */
export type PooledSum = PlacedSum & { readonly elapsed_ms?: number };

/** What a connection has to do with a relay, beside work. */
export interface RelaySide {
  /**
   * Tells of the workers behind it, now and when they are others; leaves, with the reason, where there are none. Until it is
   * called again.
   */
  tell(send: (message: MessageOf<"relayed">) => void, leave: (reason: string) => void): void;
  /** A checked chunk of new weights has come, which may count later. */
  takeChunk(message: MessageOf<"weights_chunk">, chunk: Chunk, payload: Uint8Array): void;
}

/** What is known of a run beside what threads are told: for who tells others of it. */
export interface RunAtHand {
  readonly welcome: MessageOf<"welcome">;
  /** artifacts.json and the graphs, as they came. */
  readonly files: readonly { readonly file: string; readonly sha256: string; readonly bytes: Uint8Array }[];
}

/** Where a connection gets what it computes with. */
export interface PoolSource {
  /** Those that compute, ready for a run. */
  prepare(options: PoolOptions, run: RunAtHand): Promise<ComputePool>;
  /** What was prepared is of no use any more. */
  discard(): void;
  /** Devices at hand. */
  readonly devices: readonly unknown[];
}

/** The class of a worker: that of its devices if they agree. Which of them computes what is a matter of time. */
export function numericClass(probes: readonly Probe[]): string {
  const [first, ...others] = probes.map(({ numeric_class }) => numeric_class);
  return others.every((numeric_class) => numeric_class === first) ? first! : VARYING_CLASS;
}

/** Mean time of one critic shard on one of the threads. */
export function meanShardMs(probes: readonly Probe[]): number {
  return probes.reduce((sum, { shard_ms }) => sum + shard_ms, 0) / probes.length;
}
