/** A coordinator from a program: `deno task coordinator` without its command line and terminal. */
import { checkOptions } from "../common/cli/options.ts";
import { UserError } from "../common/errors.ts";
import { readServerTls } from "../common/tls/tls_files.ts";
import { COORDINATOR_OPTIONS } from "../coordinator/config/options/options.ts";
import { ownInterfaces, reachedAs } from "../coordinator/terminal/addresses.ts";
import { checkReadToken, checkToken, freshToken } from "../coordinator/terminal/token.ts";
import { LocalWorkers } from "./local_workers.ts";
import { type RunOptions, startOf } from "./run_options.ts";
import { openSinksOf, RunWatch } from "./run_watch.ts";
import { silentScreen } from "../common/terminal/silent_screen.ts";
import { endedWell, type Trained } from "./trained.ts";

/**
 * Address of a run's port.
 *
 * @example
 * ```ts
 * import type { Address } from "@wagon/wagon";
 *
 * const tell = ({ url, page }: Address) => console.log(`workers: ${url}, live page: ${page}`);
 * tell({ url: "ws://127.0.0.1:7700", port: 7700, page: "http://127.0.0.1:7700/?token=secret" });
 * ```
 */
export interface Address {
  /** Address for workers, e.g. "ws://127.0.0.1:7700". */
  readonly url: string;
  /** The port itself. */
  readonly port: number;
  /** Address of the live page, with its read token. */
  readonly page: string;
}

/**
 * A port for workers and the live page.
 *
 * @example
 * ```ts
 * import type { DoorOptions } from "@wagon/wagon";
 *
 * const listen: DoorOptions = { host: "0.0.0.0", port: 7700, onListening: ({ page }) => console.log(page) };
 * console.log(listen.port);
 * ```
 */
export interface DoorOptions {
  /** Address to listen on; "0.0.0.0" lets other machines connect. Default: "127.0.0.1". */
  readonly host?: string;
  /** 0: any free one. Default: 7700. */
  readonly port?: number;
  /** Certificate file (PEM) with which all connections are encrypted. Default: none; they are not encrypted. */
  readonly tls_cert?: string;
  /** File with the private key of `tls_cert` (PEM). */
  readonly tls_key?: string;
  /** Token for workers, at least 16 characters. Default: a random one. */
  readonly token?: string;
  /** Token for the live page, a different one. Default: a new one. */
  readonly read_token?: string;
  /** Called when workers can connect. */
  readonly onListening?: (address: Address) => void | Promise<void>;
}

/**
 * Options of {@linkcode coordinate}. `out` or `resume` is required, because the live page shows files of the run folder.
 *
 * @example
 * ```ts
 * import type { CoordinateOptions } from "@wagon/wagon";
 *
 * const options: CoordinateOptions = { data: "photos/", image_size: 32, out: "runs/photos", min_workers: 2 };
 * console.log(options.out);
 * ```
 */
export interface CoordinateOptions extends RunOptions, DoorOptions {
  /** Workers to wait for before the first step. Default: 1. */
  readonly min_workers?: number;
  /** Stops the run after waiting for workers for this many seconds. Default: it waits forever. */
  readonly give_up_after?: number;
  /** Workers inside this process, in addition to those that connect. Default: 0. */
  readonly workers?: number;
}

/**
 * Coordinates a run whose workers connect over the network. Resolves to the same as {@linkcode train}.
 *
 * @throws {UserError} with a message of one line, if options or data are wrong, or the port cannot be opened.
 *
 * @example
 * ```ts
 * import { coordinate, work } from "@wagon/wagon";
 *
 * const token = "a secret of 16 characters or more";
 * const { summary } = await coordinate({
 *   data: "8gaussians",
 *   steps: 20,
 *   out: await Deno.makeTempDir(),
 *   port: 0,
 *   token,
 *   onListening: ({ url }) => void work({ coordinator: url, token }),
 * });
 * console.assert(summary.steps === 20);
 * ```
 */
export async function coordinate(options: CoordinateOptions): Promise<Trained> {
  const {
    host,
    port,
    tls_cert,
    tls_key,
    token,
    read_token,
    onListening,
    min_workers,
    give_up_after,
    ...others
  } = options;
  const { workers = 0, ...run } = others;
  const place = checkOptions(
    PLACE,
    given({ host, port, tls_cert, tls_key, min_workers, give_up_after }),
    "the options",
  );
  if (run.out === undefined && run.resume === undefined) {
    throw new UserError("Cannot open a port: a run folder is required, found none; give out or resume");
  }
  const workers_token = checkToken(token ?? freshToken(), "token");
  const readers_token = checkToken(read_token ?? freshToken(), "read_token");
  checkReadToken(readers_token, workers_token, "read_token");
  const tls = await readServerTls(place, Date.now());
  const local = new LocalWorkers(workers, workers_token);
  const watch = new RunWatch(run);
  const sinks = await openSinksOf(run, watch);
  const { host: own_host = COORDINATOR_OPTIONS.host.default } = place;
  // Only here is the network needed, whose package looks at variables of the environment.
  const { coordinate: openCoordinator } = await import("../coordinator/coordinate.ts");
  try {
    const conducted = await openCoordinator({
      ...startOf(run),
      host: own_host,
      port: place.port ?? COORDINATOR_OPTIONS.port.default,
      tls,
      token: workers_token,
      token_place: "in the program that coordinates",
      read_token: readers_token,
      task: "coordinator",
      min_workers: place.min_workers ?? Math.max(1, workers),
      give_up_after_s: place.give_up_after ?? null,
      rendezvous: false,
      sinks,
      committed: () => watch.committed(),
      listening: async ({ url, port, shards, accept }) => {
        local.start(shards, accept);
        const reached = reachedAs(own_host, ownInterfaces, tls?.certificate ?? null)[0] ?? "127.0.0.1";
        const page = `${tls === null ? "http" : "https"}://${reached}:${port}/?token=${readers_token}`;
        await onListening?.({ url, port, page });
      },
      signal: local.orFailed(run.signal),
    }, silentScreen());
    return endedWell(conducted, local, watch);
  } finally {
    await local.stop();
  }
}

const { host, port, tls_cert, tls_key, min_workers, give_up_after } = COORDINATOR_OPTIONS;
const PLACE = { host, port, tls_cert, tls_key, min_workers, give_up_after };

/** Only what was given. */
function given(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
