/** Workers on this machine as child processes, kept running until told to stop. */
import { UserError } from "../../common/errors.ts";
import { isSealed, SEALING_FLAGS } from "../../common/process/launched.ts";
import { commandOf } from "../launch/rights.ts";
import { surroundings } from "../launch/surroundings.ts";
import { linesOf } from "./lines_of.ts";

/** A worker that dies is started again, but not in a tight loop. */
const RESTART_AFTER_MS = 1_000;
/** How long workers get to say goodbye. */
const GOODBYE_MS = 5_000;
/** Exit code of a worker that trying again cannot mend. */
const USER_ERROR = 2;

export interface LocalWorkersOptions {
  readonly token: string;
  /** Called with each line that a worker says. */
  readonly onLine: (name: string, line: string) => void;
  /** Called when a worker cannot take part at all. */
  readonly onFailure: (error: UserError) => void;
}

/** Writes a line to its standard input, which stays open; it may have ended. */
async function tell(child: Deno.ChildProcess, line: string): Promise<void> {
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(`${line}\n`)).catch(() => {});
  writer.releaseLock();
}

export class LocalWorkers {
  readonly #options: LocalWorkersOptions;
  readonly #running = new Map<Deno.ChildProcess, Promise<void>>();
  #stopping = false;

  constructor(options: LocalWorkersOptions) {
    this.#options = options;
  }

  /** Starts one worker with these options; its end starts it again, unless it cannot take part. */
  start(name: string, args: readonly string[]): void {
    // It ends when its standard input does: also if this process is killed.
    const own = [...args, "--name", name, "--token-file", "-", "--leave-with-stdin"];
    const [run, ...rest] = commandOf("worker", own, surroundings());
    const child = new Deno.Command(Deno.execPath(), {
      args: [run!, ...isSealed() ? SEALING_FLAGS : [], ...rest],
      // Whoever may look at a process sees its variables.
      env: { WAGON_TOKEN: "" },
      stdin: "piped",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    this.#running.set(child, this.#attend(name, args, child));
    void tell(child, this.#options.token);
  }

  async #attend(name: string, args: readonly string[], child: Deno.ChildProcess): Promise<void> {
    const last_line = await linesOf(child.stderr, (line) => this.#options.onLine(name, line));
    const { code } = await child.status;
    this.#running.delete(child);
    if (this.#stopping || code === 0) return;
    if (code === USER_ERROR) {
      return this.#options.onFailure(new UserError(`Worker ${name} cannot take part: ${last_line}`));
    }
    this.#options.onLine(name, `ended with exit code ${code}; starting it again`);
    await new Promise((resolve) => setTimeout(resolve, RESTART_AFTER_MS));
    if (!this.#stopping) this.start(name, args);
  }

  /** Waits for the workers to leave by themselves, then ends them. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const children = [...this.#running.keys()];
    const timer = setTimeout(() => children.forEach((child) => child.kill("SIGKILL")), GOODBYE_MS);
    await Promise.all([
      ...children.map((child) => child.stdin.close().catch(() => {})),
      ...this.#running.values(),
    ]);
    clearTimeout(timer);
  }
}
