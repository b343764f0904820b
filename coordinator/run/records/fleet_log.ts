/** Events of workers, as records of the run's log. */
import type { Clock } from "../../../wire/clock.ts";
import type { Member } from "../../fleet/member.ts";
import type { FleetObserver } from "../../fleet/observer.ts";
import { idleThreads } from "../../fleet/placement/idle_threads.ts";
import type { Console } from "../../terminal/console.ts";
import { RefusedPeers } from "../../terminal/refused_peers.ts";
import type { ModelState } from "../../training/model_state.ts";
import type { RunLog } from "./run_log.ts";

/** The record of a worker that has joined. */
export type Joined = Pick<
  Member,
  "id" | "name" | "provider" | "device" | "platform" | "threads" | "numeric_class"
>;

export interface FleetLogOptions {
  readonly log: Pick<RunLog, "append">;
  readonly num_shards: number;
  /** null: there are none. */
  readonly learners: number | null;
  /** Hears of threads that must idle, and of peers that were not let in: they are no part of the run, and not in its log. */
  readonly console: Pick<Console, "line">;
  /** Its step is that of a fault. */
  readonly state: Pick<ModelState, "step">;
  readonly clock: Pick<Clock, "now_ms">;
  /** The time of day, in milliseconds since 1970. */
  readonly wall_ms: () => number;
}

export class FleetLog implements FleetObserver {
  readonly #options: FleetLogOptions;
  readonly #refused = new RefusedPeers();
  /** Threads of each worker that is in. */
  readonly #threads = new Map<number, number>();
  /** Of all workers, when it was told of last that some must idle. */
  #told_threads = 0;

  constructor(options: FleetLogOptions) {
    this.#options = options;
  }

  joined({ id: worker, name, provider, device, platform, threads, numeric_class }: Joined): void {
    const about = { worker, name, provider, device, platform, threads, numeric_class };
    this.#options.log.append({ type: "worker_joined", ...about, time: this.#time() });
    this.#threads.set(worker, threads);
    this.#tellIdle();
  }

  relayed({ id: worker, relayed }: Pick<Member, "id" | "relayed">): void {
    if (relayed === null) return;
    const { num_workers, threads, workers } = relayed;
    this.#options.log.append({
      type: "relay_workers",
      worker,
      num_workers,
      threads,
      workers,
      time: this.#time(),
    });
    this.#threads.set(worker, threads);
    this.#tellIdle();
  }

  left({ id: worker, shards_computed }: Pick<Member, "id" | "shards_computed">, reason: string): void {
    this.#threads.delete(worker);
    this.#options.log.append({ type: "worker_left", worker, reason, shards_computed, time: this.#time() });
  }

  fault(fault: { what: string; worker: number | null; decision: string; reason: string }): void {
    this.#options.log.append({ type: "fault", step: this.#options.state.step, ...fault });
  }

  refused(peer: string, reason: string): void {
    const line = this.#refused.line(peer, reason, this.#options.clock.now_ms());
    if (line !== null) this.#options.console.line(line);
  }

  /** Once for each thread more than there were before. */
  #tellIdle(): void {
    const threads = [...this.#threads.values()].reduce((sum, count) => sum + count, 0);
    const line = idleThreads(this.#options.num_shards, threads, this.#options.learners);
    if (line === null || threads <= this.#told_threads) return;
    this.#told_threads = threads;
    this.#options.console.line(line);
  }

  #time(): string {
    return new Date(this.#options.wall_ms()).toISOString();
  }
}
