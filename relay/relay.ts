/** A relay from start to end: towards the coordinator a worker, towards its own workers a coordinator. */
import type { ListedKeys } from "../coordinator/fleet/admission/listed_keys.ts";
import { watchKeyList } from "../coordinator/fleet/admission/key_list.ts";
import type { Clock } from "../wire/clock.ts";
import type { ListenOptions } from "../wire/ws_socket.ts";
import { openNothing } from "../worker/compute/shared_memory.ts";
import type { Located } from "../worker/connection/locator.ts";
import type { ShardCache } from "../worker/connection/shard_cache.ts";
import { ShardStore } from "../worker/connection/shard_store.ts";
import { type LoopConsole, runWorker, type WorkerTools } from "../worker/connection/worker_loop.ts";
import type { OpenDoor } from "./door.ts";
import { RelayPools, type RelayPoolsOptions } from "./relay_pools.ts";

/** What computes are the workers behind it. */
const KIND = "relay";

export interface RelayOptions
  extends Pick<WorkerTools, "locate" | "connect" | "key" | "stop" | "random" | "wall_ms"> {
  readonly clock: Clock;
  /** Name of this relay for the coordinator. */
  readonly name: string;
  readonly platform: string;
  /** Shard data kept in memory at most. */
  readonly memory_bytes: number;
  /** Destination of more data; null refuses more. */
  readonly cache: ShardCache | null;
  readonly console: LoopConsole & { onshard: (() => void) | null };
  readonly observer: RelayPoolsOptions["observer"];
  /** Keys that let its workers in, besides the token; absent or null: the token alone does. */
  readonly allowed_keys?: ListedKeys | null;
  /** Opens the port for workers. */
  readonly open: (onsocket: ListenOptions["onsocket"]) => Promise<OpenDoor>;
  /** Called once workers can connect. */
  readonly opened: (door: OpenDoor) => void | Promise<void>;
}

/** Nothing is computed here that could get stuck. */
const NEVER = new AbortController().signal;

/**
 * Relays until the run is over or `stop` is asked for: which of the two it was.
 * @throws {UserError} where the port cannot be had, or the coordinator refuses this relay for good.
 */
export async function relay(options: RelayOptions): Promise<"over" | "stopped"> {
  const { clock, console: terminal, name, platform } = options;
  const store = new ShardStore(options.memory_bytes, options.cache);
  let token = "", over: string | null = null;
  const { observer, allowed_keys = null } = options;
  const pools = new RelayPools({ store, clock, token: () => token, allowed_keys, observer });
  const say = (line: string) => terminal.line(line);
  const unwatch = allowed_keys && watchKeyList(allowed_keys, { clock, members: () => pools.members, say });
  const door = await options.open((socket, peer) => void pools.accept(socket, peer));
  terminal.onshard = () => pools.ship();
  const locate = async (): Promise<Located> => {
    const place = await options.locate();
    if ("token" in place) token = place.token;
    return place;
  };
  try {
    await options.opened(door);
    return await runWorker({
      ...options,
      locate,
      hello: { name, threads: 1, provider: KIND, device: KIND, platform },
      thread_pools: pools,
      store,
      openShared: openNothing,
      stuck: NEVER,
      onfinish: (reason) => over = reason,
    });
  } finally {
    unwatch?.();
    await pools.finish(over ?? "The relay has left the run", over === null);
    await door.close();
    store.close();
  }
}
