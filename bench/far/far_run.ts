/** One run of a coordinator with workers beside it and workers behind links, each a process with one thread. */
import { join } from "node:path";
import { SYSTEM_CLOCK } from "../../wire/clock.ts";
import { taskCommand } from "../../tasks/task_command.ts";
import { optionArgs } from "../training_run.ts";
import { readRun } from "../../runlog/log/reader.ts";
import { countSteps, type FarTimings, farTimings } from "./far_timings.ts";
import type { Link } from "../../common/link.ts";
import { Namespace } from "./namespaces.ts";
import { openRelay } from "./relay.ts";

/** Workers of a run: on the coordinator's machine, and behind links, one each. */
export interface Team {
  readonly near: number;
  readonly far: number;
}

/** What makes the links: a relay in this process, or the kernel (which has no delays: a relay adds them). */
export type Shaping = "relay" | "tbf";

export interface FarSetup extends Team {
  /** null: nobody is far. */
  readonly link: Link | null;
  readonly shaping: Shaping;
}

export interface FarOptions {
  readonly data_file: string;
  /** Options of the run beside data, steps and folder, by name. */
  readonly run_options: Readonly<Record<string, string | number>>;
  /** A folder for the run, removed by whoever owns it. */
  readonly scratch: string;
  /** How long the run trains, and how much of that is not looked at. */
  readonly train_ms: number;
  readonly warmup_ms: number;
}

/** A run goes on until it has made so many steps after its warm-up, for so many times its length at most. */
const FEWEST_STEPS = 4;
const MOST_WAITS = 5;

const TASK_ENV = { NO_COLOR: "1", LANG: "C.UTF-8" };
/** No run comes so far. */
const STEPS = "10000000";

/** Starts a task; its words go to the last place where they are of use: a message, if it fails. */
class Task {
  readonly process: Deno.ChildProcess;
  readonly #reading: Promise<void>;
  #said = "";
  #heard: () => void = () => {};

  constructor(command: readonly string[], env: Readonly<Record<string, string>>, cwd: string) {
    const [program, ...args] = command;
    this.process = new Deno.Command(program!, {
      args,
      cwd,
      env: { ...TASK_ENV, ...env },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    this.#reading = this.#read();
  }

  async #read(): Promise<void> {
    for await (const text of this.process.stderr.pipeThrough(new TextDecoderStream())) {
      this.#said = (this.#said + text).slice(-20_000);
      this.#heard();
    }
    this.#heard();
  }

  /** Resolves once it has said something of this form. Throws where it ends before. */
  async said(pattern: RegExp): Promise<RegExpExecArray> {
    let over = false;
    void this.#reading.then(() => over = true);
    while (true) {
      const found = pattern.exec(this.#said);
      if (found) return found;
      if (over) throw new Error(`A task must say ${pattern}: found ${this.#said.trim()}`);
      await new Promise<void>((resolve) => this.#heard = resolve);
    }
  }

  /** Asks it to end, and waits. */
  async stop(): Promise<void> {
    try {
      this.process.kill("SIGINT");
    } catch {
      // It has ended.
    }
    await Promise.all([this.process.status, this.#reading]);
  }
}

const denoTask = (task: string, args: readonly string[]) => [Deno.execPath(), ...taskCommand(task), ...args];
const WORKER = ["--threads", "1", "--cpu"];

/** Starts the workers of `setup`; whatever is opened for them closes with `stack`. */
async function startWorkers(
  { near, far, link, shaping }: FarSetup,
  port: number,
  start: (command: readonly string[], name: string) => void,
  stack: AsyncDisposableStack,
): Promise<void> {
  for (let i = 0; i < near; i++) {
    const address = ["--coordinator", `ws://127.0.0.1:${port}`, "--name", `near-${i + 1}`];
    start(denoTask("worker", [...WORKER, ...address]), `near-${i + 1}`);
  }
  for (let i = 0; i < far && link !== null; i++) {
    const space = shaping === "tbf" ? stack.use(await Namespace.open(link, i)) : null;
    const host = space?.outside ?? "127.0.0.1";
    const target = { hostname: "127.0.0.1", port };
    const rates = space ? { down_bps: Infinity, up_bps: Infinity } : {};
    const needs_relay = space === null || link.rtt_ms > 0 || link.jitter_ms > 0;
    const url = needs_relay
      ? stack.use(
        openRelay({ ...link, ...rates }, { host, target, clock: SYSTEM_CLOCK, random: Math.random }),
      ).url
      : `ws://${host}:${port}`;
    const address = ["--coordinator", url, "--name", `far-${i + 1}`];
    // Through a relay it is still on this machine, where it would share the coordinator's memory.
    const command = denoTask("worker", [...WORKER, "--no-share", ...address]);
    start(space ? space.within(command) : command, `far-${i + 1}`);
  }
}

/** Trains with this team for a while; returns what the log tells. Throws with what a task said where it fails. */
export async function farRun(setup: FarSetup, options: FarOptions): Promise<FarTimings> {
  const { scratch, data_file, run_options, train_ms, warmup_ms } = options;
  const place = await Deno.makeTempDir({ dir: scratch, prefix: "far-" });
  const folder = join(place, "run");
  const token = crypto.randomUUID();
  const env = { WAGON_TOKEN: token, WAGON_STATE_DIR: join(place, "state") };
  await using stack = new AsyncDisposableStack();
  const start = (command: readonly string[], name: string) => {
    const task = new Task(command, { ...env, WAGON_STATE_DIR: join(place, name) }, place);
    stack.defer(() => task.stop());
    return task;
  };
  const host = setup.shaping === "tbf" ? "0.0.0.0" : "127.0.0.1";
  const coordinator = start(
    denoTask("coordinator", [
      ...["--host", host, "--port", "0", "--out", folder, "--data", data_file, "--steps", STEPS],
      ...["--min-workers", `${setup.near + setup.far}`, "--sample-every", "0", "--evaluate-every", "0"],
      ...["--checkpoint-every", "0"],
      ...optionArgs(run_options),
    ]),
    "state",
  );
  const port = Number((await coordinator.said(/Listening on \S+:(\d+)/))[1]);
  await startWorkers(setup, port, start, stack);
  await coordinator.said(new RegExp(`(?: joined[^]*){${setup.near + setup.far}}`));
  for (let i = 0; i < MOST_WAITS; i++) {
    await new Promise((resolve) => setTimeout(resolve, train_ms));
    if (await countSteps(readRun(folder), warmup_ms) >= FEWEST_STEPS) break;
  }
  await coordinator.stop();
  return await farTimings(readRun(folder), warmup_ms);
}
