/**
 * A limit on computing, since the graphs are a coordinator's: a call into ONNX Runtime that does not come back can be
 * ended with the process only. Limits follow the probe, and are so wide that a machine under load keeps to them.
 */
import type { Cancel, Clock } from "../../wire/clock.ts";
import type { Call } from "./compute_calls.ts";

/** Time is counted in ticks of this length. */
const TICK_MS = 1_000;
/** A coordinator waits for a worker to get ready, and for an answer, at least this long (admission.ts, straggler_deadline.ts). */
const LEAST_MS = 300_000;
/** A coordinator waits for at most so many times the usual (straggler_deadline.ts), or what is least. */
const FACTOR = 20;
/** No step of a run takes so long, whatever the probe took. */
const MOST_MS = 3_600_000;

/** Watches a call from now on; ends when cancelled. */
export type Watch = (limit_ms: number) => Cancel;

/** For calls that hold nothing of a coordinator's. */
export const UNWATCHED: Watch = () => () => {};

/**
 * How long a call may take. `shard_ms`: what a shard took in the probe; null before that, when a call compiles the
 * graphs and probes them.
 */
export function limitOf(call: Call, shard_ms: number | null): number {
  const shards = shardsOf(call);
  return Math.min(MOST_MS, Math.max(LEAST_MS, FACTOR * shards * (shard_ms ?? 0)));
}

/** Shards that a call computes. */
function shardsOf(call: Call): number {
  if (call.name === "sum") return call.takes.task.node.end - call.takes.task.node.begin;
  // A generator step may follow the critic's.
  return call.name === "step_learner" ? 2 * call.takes.leaves.length : 1;
}

/** A computation did not end. Nothing but the end of the process ends it. */
export class Stuck extends Error {
  override name = "Stuck";
}

interface Watched {
  readonly limit_ms: number;
  counted_ms: number;
}

export class Watchdog {
  readonly #clock: Clock;
  readonly #onstuck: (reason: string) => void;
  readonly #watched = new Set<Watched>();
  #ticked_ms = 0;
  #stop: Cancel | null = null;

  /** `onstuck` is called once, with the reason in words: the process is to end. */
  constructor(clock: Clock, onstuck: (reason: string) => void) {
    this.#clock = clock;
    this.#onstuck = onstuck;
  }

  readonly watch: Watch = (limit_ms) => {
    const watched: Watched = { limit_ms, counted_ms: 0 };
    this.#watched.add(watched);
    if (this.#stop === null) {
      this.#ticked_ms = this.#clock.now_ms();
      this.#stop = this.#clock.every(TICK_MS, () => this.#tick());
    }
    // The ticks go on until one finds nothing to watch: a timer for each call would take longer than some calls do.
    return () => void this.#watched.delete(watched);
  };

  /** A tick counts as two at most: while the machine sleeps, or the process is stopped, nothing is computed. */
  #tick(): void {
    if (this.#watched.size === 0) return this.#rest();
    const now_ms = this.#clock.now_ms();
    const passed_ms = Math.min(2 * TICK_MS, now_ms - this.#ticked_ms);
    this.#ticked_ms = now_ms;
    for (const watched of this.#watched) {
      watched.counted_ms += passed_ms;
      if (watched.counted_ms <= watched.limit_ms) continue;
      this.#watched.clear();
      this.#rest();
      const seconds = Math.round(watched.limit_ms / 1000);
      return this.#onstuck(
        `A computation takes longer than ${seconds} s, the limit from the test at the start; this worker exits, because ` +
          "it cannot be stopped in another way",
      );
    }
  }

  #rest(): void {
    this.#stop?.();
    this.#stop = null;
  }
}
