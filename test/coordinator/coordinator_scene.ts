/**
 * A coordinator in this process, as its tasks start it: the command line and the run folder are real, the clock, the
 * network and the screen are in memory.
 */
import { parseOptions } from "../../common/cli/cli.ts";
import type { LastingScreen } from "../../common/terminal/lasting_screen.ts";
import { COORDINATOR_COMMAND, TRAIN_COMMAND } from "../../coordinator/config/options/options.ts";
import { coordinate, type CoordinateOptions, type Ending } from "../../coordinator/coordinate.ts";
import type { Fetch } from "../../coordinator/run/records/http_sink.ts";
import type { SinksOutside } from "../../coordinator/run/records/open_sinks.ts";
import { startOptions } from "../../coordinator/run/start_options.ts";
import { chooseReadToken, chooseToken, tokenPlace } from "../../coordinator/terminal/token.ts";
import type { Listener, ListenOptions } from "../../wire/ws_socket.ts";
import { wantedDevices } from "../../worker/worker_options.ts";
import { within } from "../e2e/child.ts";
import { FakeClock } from "../wire/fake_clock.ts";
import { MemorySocket } from "../wire/memory_socket.ts";

const PORT = 7700;

/** What the command line says, and what of it the command itself checks before it coordinates. */
function read(line: string) {
  const [task, ...args] = line.split(" ");
  if (task === "train") {
    const { values, given } = parseOptions(TRAIN_COMMAND, args);
    wantedDevices({ ...values, require_gpu: false });
    return { task, given, values, token_file: undefined, min_workers: values.workers } as const;
  }
  const { values, given } = parseOptions(COORDINATOR_COMMAND, args);
  const { token_file, min_workers } = values;
  return { task: "coordinator", given, values, token_file, min_workers } as const;
}

/** The options of `train` or `coordinator` as its main hands them on. Throws UserError. */
async function optionsOf(
  line: string,
  outside: SinksOutside,
): Promise<Omit<CoordinateOptions, "listening" | "signal">> {
  const { task, given, values, token_file, min_workers } = read(line);
  const token = await chooseToken(token_file);
  const read_token = await chooseReadToken(values.read_token_file, token);
  return {
    ...await startOptions(values, given, { ...outside, env: () => undefined }),
    exact: task === "train",
    now: new Date(0),
    ...{ host: "127.0.0.1", port: PORT, token, read_token, token_place: tokenPlace(token_file, false), task },
    ...{ min_workers, rendezvous: false, public_metrics: values.public_metrics },
  };
}

export class CoordinatorScene {
  readonly clock = new FakeClock();
  /** Asks it to stop, as Ctrl-C does. */
  readonly interrupt = new AbortController();
  /** Answers requests of the coordinator. */
  answer: Fetch = (url) => Promise.reject(new Error(`connection to ${url} refused`));
  readonly #said: string[] = [];
  readonly #open = Promise.withResolvers<void>();
  #listen_options: ListenOptions | null = null;
  #token = "";

  /** All that its screen shows. */
  get said(): string {
    return this.#said.join("");
  }

  /** True if it listens. */
  get listens(): boolean {
    return this.#listen_options !== null;
  }

  /** Resolves once workers are let in. */
  get opened(): Promise<void> {
    return this.#open.promise;
  }

  get token(): string {
    return this.#token;
  }

  /** Runs it to its end. `listening` is called once workers can connect. */
  async run(line: string, listening: CoordinateOptions["listening"] = () => {}): Promise<Ending> {
    const options = await optionsOf(line, {
      clock: this.clock,
      fetch: (url, init) => this.answer(url, init),
    });
    this.#token = options.token;
    const opened: CoordinateOptions["listening"] = async (opening, console) => {
      await listening(opening, console);
      this.#open.resolve();
    };
    const { signal } = this.interrupt;
    const outside = {
      clock: this.clock,
      listen: (listen_options: ListenOptions) => Promise.resolve(this.#listen(listen_options)),
    };
    const ending = coordinate({ ...options, listening: opened, signal }, this.#screen(), outside);
    return await within(ending, () => `The coordinator must end, it said:\n${this.said}`);
  }

  /** A connection to it: the worker's end. */
  connect(peer: string): MemorySocket {
    const [near, far] = MemorySocket.pair();
    this.#listen_options!.onsocket(far, peer);
    return near;
  }

  #listen(listen_options: ListenOptions): Listener {
    this.#listen_options = listen_options;
    return {
      port: PORT,
      close: () => {
        this.#listen_options = null;
        return Promise.resolve();
      },
    };
  }

  #screen(): LastingScreen {
    return {
      ...{ interactive: false, unicode: false, columns: () => Infinity },
      write: (text) => void this.#said.push(text),
      lost: new Promise(() => {}),
      drained: () => Promise.resolve(),
    };
  }
}
