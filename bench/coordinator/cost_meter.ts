/** What of the processor and of memory a process takes. */
import process from "node:process";
import { PeerProcess } from "../peers/peer_process.ts";

export interface CostQuestion {
  readonly mode: "workers" | "bare" | "copy";
  readonly num_workers: number;
  readonly num_gradients: number;
  readonly steps: number;
}

export interface CostAnswer {
  /** Of the processor, over all threads of this process, in a mean step. */
  readonly cpu_ms: number;
  readonly wall_ms: number;
  /** Both ways, in a mean step. */
  readonly step_bytes: number;
  /** The largest resident set that a step ended with. */
  readonly memory_bytes: number;
}

export const HOST = "127.0.0.1";
/** Steps that are not counted: the first carries both networks whole. */
export const WARMUP = 2;

/** Counts from one moment to another. */
export class CostMeter {
  #begun = { cpu: process.cpuUsage(), wall_ms: performance.now(), bytes: 0 };
  #memory_bytes = 0;

  begin(bytes: number): void {
    this.#begun = { cpu: process.cpuUsage(), wall_ms: performance.now(), bytes };
  }

  look(): void {
    this.#memory_bytes = Math.max(this.#memory_bytes, Deno.memoryUsage().rss);
  }

  end(bytes: number, steps: number): CostAnswer {
    const { user, system } = process.cpuUsage(this.#begun.cpu);
    return {
      cpu_ms: (user + system) / 1_000 / steps,
      wall_ms: (performance.now() - this.#begun.wall_ms) / steps,
      step_bytes: (bytes - this.#begun.bytes) / steps,
      memory_bytes: this.#memory_bytes,
    };
  }
}

/** Starts the other side. */
export const scripted = (...args: (string | number)[]) =>
  PeerProcess.deno("scripted workers", "coordinator/scripted_process.ts", args.map(String));
