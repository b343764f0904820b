/** The compute threads of a worker across connections: compiled anew only when the run's graphs are others. */
import { VARYING_CLASS } from "../../common/numeric_class.ts";
import { type Device, deviceLabel } from "../runtime/device.ts";
import { Pool, type PoolOptions } from "./pool.ts";
import type { Probe } from "./probe.ts";

/** What a session computes with: a {@linkcode Pool} in life. */
export type Computer = Pick<
  Pool,
  | "setWeights"
  | "share"
  | "sum"
  | "recycle"
  | "makeAhead"
  | "job"
  | "probes"
  | "onbroken"
  | "terminate"
>;

export type StartComputer = (devices: readonly Device[], options: PoolOptions) => Promise<Computer>;

/** The class of a worker: that of its devices if they agree. Which of them computes what is a matter of time. */
export function numericClass(probes: readonly Probe[]): string {
  const [first, ...others] = probes.map(({ numeric_class }) => numeric_class);
  return others.every((numeric_class) => numeric_class === first) ? first! : VARYING_CLASS;
}

/** Mean time of one critic shard on one of the threads. */
export function meanShardMs(probes: readonly Probe[]): number {
  return probes.reduce((sum, { shard_ms }) => sum + shard_ms, 0) / probes.length;
}

export class Workshop {
  readonly devices: readonly Device[];
  readonly #start: StartComputer;
  #key = "";
  #computer: Computer | null = null;

  /** One thread per device; the processor may be named several times. */
  constructor(
    devices: readonly Device[],
    start: StartComputer = (devices, options) => Pool.create(devices, options),
  ) {
    this.devices = devices;
    this.#start = start;
  }

  /** E.g. "cpu", "cuda:0,cuda:1". */
  get provider(): string {
    return [...new Set(this.devices.map(deviceLabel))].join(",");
  }

  /** Threads for a run: those at hand if they were made for the same graphs and options, else new ones. */
  async prepare(options: PoolOptions): Promise<Computer> {
    const key = keyOf(options);
    if (this.#computer !== null && this.#key === key) return this.#computer;
    this.discard();
    // More threads than shards would never have anything to do.
    const computer = await this.#start(this.devices.slice(0, options.options.num_shards), options);
    this.#key = key;
    this.#computer = computer;
    return computer;
  }

  /** Ends the threads. */
  discard(): void {
    this.#computer?.terminate();
    this.#computer = null;
  }
}

function keyOf({ manifest, options }: PoolOptions): string {
  return JSON.stringify([manifest, options]);
}
