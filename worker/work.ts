/** A worker from start to end: its compute threads, the shards that it holds, and its life with a coordinator. */
import { counted } from "../common/text/counted.ts";
import { SYSTEM_CLOCK } from "../wire/clock.ts";
import { Pool } from "./compute/pool.ts";
import { Watchdog } from "./compute/watchdog.ts";
import { ThreadPoolCache } from "./compute/pools/thread_pool_cache.ts";
import type { ShardCache } from "./connection/shard_cache.ts";
import { ShardStore } from "./connection/shard_store.ts";
import { runWorker, type WorkerTools } from "./connection/worker_loop.ts";
import type { Device } from "./runtime/device.ts";

export interface WorkOptions
  extends Pick<WorkerTools, "locate" | "connect" | "key" | "openShared" | "console" | "stop"> {
  /** Name of this worker for the coordinator. */
  readonly name: string;
  /** Version of ONNX Runtime. */
  readonly runtime_version: string;
  /** One for each compute thread. */
  readonly devices: readonly Device[];
  /** Shard data kept in memory at most. */
  readonly memory_bytes: number;
  /** Destination of more data; null refuses more. */
  readonly cache: ShardCache | null;
}

const MAX_NAME_CHARACTERS = 128;
const MAX_PROVIDER_CHARACTERS = 64;

/**
 * Works until the run is over or `stop` is asked for: which of the two it was.
 * @throws {UserError} where the coordinator refuses this worker for good.
 * @throws {Stuck} (watchdog.ts) where a computation does not end.
 */
export async function work(options: WorkOptions): Promise<"over" | "stopped"> {
  const stuck = new AbortController();
  const { watch } = new Watchdog(SYSTEM_CLOCK, (reason) => stuck.abort(reason));
  const thread_pools = new ThreadPoolCache(
    options.devices,
    (devices, pool_options) => Pool.create(devices, pool_options, watch),
  );
  const store = new ShardStore(options.memory_bytes, options.cache);
  try {
    return await runWorker({
      ...options,
      hello: helloOf(options, thread_pools),
      thread_pools,
      store,
      clock: SYSTEM_CLOCK,
      wall_ms: Date.now,
      random: Math.random,
      stuck: stuck.signal,
    });
  } finally {
    thread_pools.discard();
    store.close();
  }
}

function helloOf(
  { name, runtime_version }: WorkOptions,
  thread_pools: ThreadPoolCache,
): WorkerTools["hello"] {
  const { os, arch } = Deno.build;
  return {
    name: name.slice(0, MAX_NAME_CHARACTERS),
    threads: thread_pools.devices.length,
    provider: thread_pools.provider.slice(0, MAX_PROVIDER_CHARACTERS),
    device: counted(navigator.hardwareConcurrency, "core"),
    platform: `${os} ${arch}, deno ${Deno.version.deno}, onnxruntime ${runtime_version}`,
  };
}
