/** One coordinator from start to end: opens its port and the live page, lets workers in, trains. */
import { resolve } from "node:path";
import { removeRendezvous, type Rendezvous, writeRendezvous } from "../common/process/rendezvous.ts";
import type { LastingScreen } from "../common/terminal/lasting_screen.ts";
import { cleanLine } from "../common/text/foreign_text.ts";
import { type Clock, SYSTEM_CLOCK } from "../wire/clock.ts";
import type { Socket } from "../wire/socket.ts";
import { listen, type Listener, type ListenOptions } from "../wire/ws_socket.ts";
import { type Around, conduct, type Conducted, type ConductOptions, type OpenRun } from "./conduct.ts";
import { answerText, type LiveServer } from "./live/live_server.ts";
import { answerHealth } from "./live/health.ts";
import type { Diagnosis, LiveRun } from "./live/live_run.ts";
import { accessRequestOf, authorizeUpgrade } from "./live/access.ts";
import { keptRun, openLiveRun, openPage, type PageOptions } from "./live/open_page.ts";
import { loopbackFor, ownNames, urlHost } from "./terminal/addresses.ts";
import type { Console } from "./terminal/console.ts";

export interface CoordinateOptions
  extends Omit<ConductOptions, "advice" | "shares_memory" | "in_memory" | "read_token">, PageOptions {
  readonly port: number;
  /** Called once workers can connect. */
  readonly listening: (opening: Opening, terminal: Console) => void | Promise<void>;
  /** More who see the run's records. */
  readonly sinks?: Around["sinks"] | undefined;
  /** Called after each step. What it throws stops the run. */
  readonly committed?: () => void | Promise<void>;
}

/** Where workers connect, and for how many shards. */
export interface Opening {
  readonly url: string;
  readonly port: number;
  /** Where workers on this machine connect: without TLS, which would protect nothing there. */
  readonly local_url: string;
  readonly shards: number;
  /** Takes in a worker that has come another way; `peer` is how it is called. */
  readonly accept: (socket: Socket, peer: string) => void;
}

/** How a run came to its end. */
export interface Ending extends Omit<Conducted, "run"> {
  readonly folder: string;
  /** Shape of one example. */
  readonly example_shape: readonly number[];
  readonly diagnosis: Diagnosis;
}

/** Time and the network, as a coordinator has them. */
export interface Outside {
  readonly clock: Clock;
  readonly listen: (options: ListenOptions) => Promise<Listener>;
}

const LOOPBACK = "127.0.0.1";

const SYSTEM: Outside = { clock: SYSTEM_CLOCK, listen };

/** Runs a coordinator. Throws {@linkcode UserError} for what is wrong before the first step. */
export async function coordinate(
  options: CoordinateOptions,
  screen: LastingScreen,
  { clock, listen }: Outside = SYSTEM,
): Promise<Ending & Conducted> {
  const { host, port, tls = null } = options;
  const { promise: fleet, resolve: letIn } = Promise.withResolvers<OpenRun["fleet"]>();
  let page: LiveServer | null = null;
  // The port first: where it cannot be had, no run folder is left behind. Who comes early waits.
  const door: Omit<ListenOptions, "host" | "port"> = {
    onsocket: (socket, peer) => void fleet.then((opened) => opened.accept(socket, peer)),
    judgeUpgrade: (request) => authorizeUpgrade(accessRequestOf(request), ownNames(host, tls?.certificate)),
    onrequest: (request, response) => {
      if (answerHealth(request, response, page !== null)) return;
      if (page) page.handle(request, response);
      else answerText(response, 503, "The coordinator is starting: try again", { "retry-after": "1" });
    },
  };
  const listener = await listen({ ...door, host, port, tls });
  const open = (fleet: OpenRun["fleet"], opened: LiveServer) => {
    page = opened;
    letIn(fleet);
  };
  let local: Listener | null = null;
  try {
    if (tls !== null) local = await listen({ ...door, host: LOOPBACK, port: 0 });
    const local_url = local === null
      ? `ws://${loopbackFor(host)}:${listener.port}`
      : `ws://${LOOPBACK}:${local.port}`;
    return await coordinateAt({ port: listener.port, local_url }, open, options, screen, clock);
  } finally {
    await (page as LiveServer | null)?.close();
    await Promise.all([listener.close(), local?.close()]);
  }
}

/** `open` is given the fleet that takes in whoever comes to the port, and the page for who only looks. */
async function coordinateAt(
  { port, local_url }: Pick<Opening, "port" | "local_url">,
  open: (fleet: OpenRun["fleet"], page: LiveServer) => void,
  options: CoordinateOptions,
  screen: LastingScreen,
  clock: Clock,
): Promise<Ending & Conducted> {
  const { host, token, task, rendezvous, committed } = options;
  const local = { url: local_url, token };
  let live!: LiveRun;
  const around: Around = {
    sinks: async (run, say) => {
      return [live = await openLiveRun(keptRun(run)), ...await options.sinks?.(run, say) ?? []];
    },
    opened: async ({ run, fleet, console, elapsed_ms }: OpenRun) => {
      open(fleet, openPage({ run: keptRun(run), live, fleet, elapsed_ms, port, options, clock }));
      if (rendezvous) await leaveRendezvous({ ...local, run: resolve(keptRun(run).folder.path) }, console);
      const accept: Opening["accept"] = (socket, peer) => void fleet.accept(socket, peer);
      const url = `${options.tls ? "wss" : "ws"}://${urlHost(host)}:${port}`;
      await options.listening({ url, port, local_url, shards: run.config.shards, accept }, console);
    },
    started: () => void (live.started = true),
    ...committed && { committed },
  };
  const advice = task === "coordinator" ? "start one with deno task worker" : "";
  try {
    const conducted = await conduct({ ...options, advice, shares_memory: true }, around, screen, clock);
    const folder = keptRun(conducted.run).folder.path;
    // A log that cannot be read again has been written all the same.
    const diagnosis = await live.conclude(folder).catch(() => live.diagnosis(clock.now_ms()));
    const { example_shape } = conducted.run.data.data;
    return { ...conducted, folder, example_shape, diagnosis };
  } finally {
    if (rendezvous) await removeRendezvous(local);
  }
}

/** A home that cannot be written to is no reason not to train: workers can be told address and token. */
async function leaveRendezvous(rendezvous: Rendezvous, console: Pick<Console, "line">): Promise<void> {
  try {
    await writeRendezvous(rendezvous);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    console.line(cleanLine(`Workers on this machine need --coordinator and the token: ${why}`));
  }
}
