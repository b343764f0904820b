/**
 * A worker's life: finds the coordinator, joins, works, and comes back when the connection is lost. Ends when the
 * run is over, when it is told to stop, or when trying again is useless.
 */
import type { Events } from "./events.ts";
import { UserError } from "../../common/errors.ts";
import { openChannel } from "../../wire/channel.ts";
import type { Clock } from "../../wire/clock.ts";
import { joinCoordinator, type JoinOptions } from "../../wire/handshake.ts";
import { RunOver } from "../../wire/connecting/run_over.ts";
import { Refusal } from "../../wire/refusal.ts";
import type { Socket } from "../../wire/socket.ts";
import { backoffMs } from "./backoff.ts";
import type { Located } from "./locator.ts";
import { largestArtifact } from "./payload_sizes.ts";
import { ACCEPTED, Connection, type ConnectionEnd } from "./connection.ts";
import type { ShardStore } from "./shard_store.ts";
import { isOnThisMachine, openNothing, type OpenShared } from "../compute/shared_memory.ts";
import { Stuck } from "../compute/watchdog.ts";
import type { PoolSource } from "../compute/pools/compute_pool.ts";

const HANDSHAKE_MS = 10_000;
/** Interval at which a worker that waits says so. */
const REMIND_MS = 30_000;
/** Characters of a run's identifier, enough to tell runs apart. */
const RUN_CHARACTERS = 8;

/** Where the loop and its connections tell a person what happens. */
export interface LoopConsole extends Events {
  line(text: string): void;
  /** A line that the coordinator has said or caused. */
  caused(text: string): void;
  /** Nothing is computed for now. */
  idle(): void;
}

export interface WorkerTools {
  /** Address and token, or what is waited for while there is no coordinator. Throws {@linkcode UserError}. */
  readonly locate: () => Promise<Located>;
  /** Throws {@linkcode UserError} for a wrong address, another Error if nobody answers. */
  readonly connect: (url: string) => Promise<Socket>;
  readonly hello: JoinOptions["hello"];
  /** Its own key; absent or null: it has none. */
  readonly key?: JoinOptions["key"];
  readonly thread_pools: PoolSource;
  readonly store: ShardStore;
  readonly openShared: OpenShared;
  readonly console: LoopConsole;
  /** Told why the run is over. */
  readonly onfinish?: (reason: string) => void;
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly wall_ms: () => number;
  /** [0, 1), for the jitter of waiting times. */
  readonly random: () => number;
  /** Asks the worker to leave. */
  readonly stop: AbortSignal;
  /** Aborted, with the reason in words, when a computation does not end: only the end of the process ends it. */
  readonly stuck: AbortSignal;
}

/** How a connection ended, and whether work was possible in it. */
interface Outcome {
  readonly end: ConnectionEnd;
  readonly was_ready: boolean;
}

/**
 * Works until the run is over or `stop` is asked for: which of the two it was.
 * @throws {UserError} where the coordinator refuses this worker for good.
 * @throws {Stuck} where a computation does not end.
 */
export async function runWorker(tools: WorkerTools): Promise<"over" | "stopped"> {
  const reminder = new Reminder(tools);
  for (let attempt = 0; !tools.stop.aborted; attempt++) {
    if (tools.stuck.aborted) throw new Stuck(tools.stuck.reason);
    const { end, was_ready } = await connectOnce(tools, reminder);
    if (end.kind === "finished") {
      tools.console.line(`The run is over: ${end.reason}`);
      tools.onfinish?.(end.reason);
      return "over";
    }
    if (end.kind === "left") {
      tools.console.line("Left the run");
      return "stopped";
    }
    if (was_ready) attempt = 0;
    if (end.kind === "lost") {
      reminder.waiting(end.reason);
      await pause(tools, backoffMs(attempt, tools.random));
    }
  }
  tools.console.line("Stopped while waiting for a run");
  return "stopped";
}

async function connectOnce(tools: WorkerTools, reminder: Reminder): Promise<Outcome> {
  const place = await tools.locate();
  if ("waiting" in place) return { end: { kind: "lost", reason: place.waiting }, was_ready: false };
  try {
    return await joinOnce(tools, place, reminder);
  } catch (error) {
    if (error instanceof UserError || error instanceof Stuck) throw error;
    if (error instanceof RunOver) {
      return { end: { kind: "finished", reason: error.message }, was_ready: false };
    }
    if (error instanceof Refusal && error.fatal) throw cannotJoin(place.url, error);
    return { end: { kind: "lost", reason: (error as Error).message }, was_ready: false };
  }
}

async function joinOnce(
  tools: WorkerTools,
  { url, token }: Exclude<Located, { readonly waiting: string }>,
  reminder: Reminder,
): Promise<Outcome> {
  const {
    clock,
    console: terminal,
    stop,
    stuck,
    hello,
    key = null,
    thread_pools,
    store,
    openShared,
    wall_ms,
  } = tools;
  const socket = await tools.connect(url);
  const welcome = await joinCoordinator(socket, { clock, deadline_ms: HANDSHAKE_MS, token, hello, key });
  const channel = openChannel(socket, {
    ...welcome,
    clock,
    peer: "the coordinator",
    allowed: ACCEPTED,
    max_payload_bytes: largestArtifact(welcome),
    unasked: null,
  });
  const now_ms = () => clock.now_ms();
  const connection = new Connection({
    welcome,
    channel,
    thread_pools,
    store,
    events: terminal,
    now_ms,
    wall_ms,
    // Whoever is reached another way has no business with files of this machine.
    openShared: isOnThisMachine(url) ? openShared : openNothing,
  });
  reminder.joined();
  terminal.caused(`Joined run ${welcome.run.slice(0, RUN_CHARACTERS)} at ${url} as worker ${welcome.worker}`);
  const leave = () => connection.leave("Stopped by its user");
  const giveUp = () => connection.giveUp(stuck.reason);
  if (stop.aborted) leave();
  if (stuck.aborted) giveUp();
  stop.addEventListener("abort", leave);
  stuck.addEventListener("abort", giveUp);
  const end = await connection.ended;
  stop.removeEventListener("abort", leave);
  stuck.removeEventListener("abort", giveUp);
  terminal.idle();
  if (stuck.aborted) throw new Stuck(stuck.reason);
  if (end.kind === "refused") throw cannotJoin(url, end.refusal);
  return { end, was_ready: connection.was_ready };
}

/** Waits, or less where the worker is told to stop or is stuck. */
function pause({ clock, stop, stuck }: WorkerTools, delay_ms: number): Promise<void> {
  const over = AbortSignal.any([stop, stuck]);
  return new Promise((resolve) => {
    if (over.aborted) return resolve();
    const done = () => {
      cancel();
      over.removeEventListener("abort", done);
      resolve();
    };
    const cancel = clock.after(delay_ms, done);
    over.addEventListener("abort", done);
  });
}

function cannotJoin(url: string, { code, message }: Refusal): UserError {
  if (["wrong_token", "wrong_certificate", "unknown_key"].includes(code)) {
    return new UserError(`Cannot join ${url}: ${message.charAt(0).toLowerCase()}${message.slice(1)}`);
  }
  return new UserError(`Cannot work for ${url} (${code}): ${message}`);
}

/** Says what the worker waits for: when that changes, and every 30 s. */
class Reminder {
  readonly #tools: WorkerTools;
  #reason: string | null = null;
  #said_ms = 0;

  constructor(tools: WorkerTools) {
    this.#tools = tools;
  }

  joined(): void {
    this.#reason = null;
  }

  waiting(reason: string): void {
    const now_ms = this.#tools.clock.now_ms();
    if (reason === this.#reason && now_ms - this.#said_ms < REMIND_MS) return;
    const again = reason.startsWith("Waiting") ? "" : "; trying again";
    this.#tools.console.caused(`${reason}${again}`);
    this.#reason = reason;
    this.#said_ms = now_ms;
  }
}
