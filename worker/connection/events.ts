/** Events of a worker that a person may want to know. */
import type { Refusal } from "../../wire/refusal.ts";

/** Compute threads of this worker. */
export interface Threads {
  /** That there are shards for. */
  readonly used: number;
  readonly at_hand: number;
}

export interface Events {
  /** The graphs are compiled. `shard_ms`: time of one critic shard on one of the threads. */
  ready(shard_ms: number, threads: Threads, shards_held: number): void;
  shardsHeld(count: number): void;
  /** A piece of work was answered. */
  computed(step: number, shards: number, elapsed_ms: number): void;
  /** The coordinator has something to say. */
  notice(text: string): void;
  /** The coordinator did not accept a message; the worker goes on. */
  refused(refusal: Refusal): void;
  /** A computation failed; the worker goes on. */
  failed(reason: string): void;
}
