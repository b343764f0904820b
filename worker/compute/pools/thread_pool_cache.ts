/** The compute threads of a worker across connections: compiled anew only when the run's graphs are others. */
import { type Device, deviceLabel } from "../../runtime/device.ts";
import type { ComputePool, PoolSource } from "./compute_pool.ts";
import { Pool, type PoolOptions } from "../pool.ts";

export type StartPool = (devices: readonly Device[], options: PoolOptions) => Promise<ComputePool>;

export class ThreadPoolCache implements PoolSource {
  readonly devices: readonly Device[];
  readonly #start: StartPool;
  #key = "";
  #pool: ComputePool | null = null;

  /** One thread per device; the processor may be named several times. */
  constructor(
    devices: readonly Device[],
    start: StartPool = (devices, options) => Pool.create(devices, options),
  ) {
    this.devices = devices;
    this.#start = start;
  }

  /** E.g. "cpu", "cuda:0,cuda:1". */
  get provider(): string {
    return [...new Set(this.devices.map(deviceLabel))].join(",");
  }

  /** Threads for a run: those at hand if they were made for the same graphs and options, else new ones. */
  async prepare(options: PoolOptions): Promise<ComputePool> {
    const key = keyOf(options);
    if (this.#pool !== null && this.#key === key) return this.#pool;
    this.discard();
    // More threads than shards, or than learners, would never have anything to do.
    const { num_shards, local } = options.options;
    const pool = await this.#start(this.devices.slice(0, local?.learners ?? num_shards), options);
    this.#key = key;
    this.#pool = pool;
    return pool;
  }

  /** Ends the threads. */
  discard(): void {
    this.#pool?.terminate();
    this.#pool = null;
  }
}

function keyOf({ manifest, options }: PoolOptions): string {
  return JSON.stringify([manifest, options]);
}
