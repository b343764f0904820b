/**
 * `deno task chaos`: trains once undisturbed and once while processes are killed, stopped and interrupted and wires
 * cut and held, and compares every step of both. Both runs must have the same weights, to the bit.
 */
import { setTimeout as delay } from "node:timers/promises";
import { join } from "node:path";
import { parseOptions, runMain } from "../../common/cli/cli.ts";
import { UserError } from "../../common/errors.ts";
import type { Command } from "../../common/cli/options.ts";
import { summarize } from "../../inspect/run_folders.ts";
import { LOG_NAME } from "../../runlog/records.ts";
import { compareSteps } from "../compare_steps.ts";
import { type Fault, faultAt, FAULTS } from "./plan.ts";
import { Wire } from "./wire.ts";
import { taskCommand } from "../../tasks/task_command.ts";

const OPTIONS = {
  seed: {
    kind: "number",
    integer: true,
    min: 0,
    default: 1,
    about: "Seed of the faults, not of the training",
  },
  steps: {
    kind: "number",
    integer: true,
    min: 100,
    default: 10_000,
    unit: "critic steps",
    about: "Length of both runs",
  },
  workers: {
    kind: "number",
    integer: true,
    min: 1,
    max: 64,
    default: 3,
    about: "Workers of the run with faults",
  },
  setting: {
    kind: "string",
    value: "NAME=VALUE",
    repeated: true,
    default_text: "none",
    about: "Setting of both runs, e.g. wire=int8, or local-steps=25 and learners=4",
  },
  minutes: {
    kind: "number",
    min: 0.1,
    default: 30,
    unit: "minutes",
    about: "Fail if the run with faults takes longer than this",
  },
  out: {
    kind: "string",
    value: "DIR",
    default: "runs/chaos",
    about: "Folder for both runs; it must not exist yet",
  },
} as const;

const COMMAND: Command<typeof OPTIONS> = {
  name: "deno task chaos",
  about:
    "Trains on the drawn strokes twice, without and with injected faults (processes killed, stopped, interrupted; connections cut and blocked), and compares every step bit for bit.",
  options: OPTIONS,
  examples: [{ line: "deno task chaos", about: "about seven minutes on two cores" }],
};

/** So often that a kill costs seconds, not minutes. */
const CHECKPOINT_EVERY = 250;
/** The pause before what has died comes again. */
const AGAIN_MS = 500;

type Child = Deno.ChildProcess;

/** A task as a process; what it says goes to the end of the file `log`. */
async function start(task: string, args: readonly string[], log: string, token: string): Promise<Child> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...taskCommand(task), ...args],
    env: { WAGON_TOKEN: token },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const file = await Deno.open(log, { create: true, append: true });
  void child.stderr.pipeTo(file.writable).catch(() => {});
  return child;
}

function signal(child: Child, name: Deno.Signal): void {
  try {
    child.kill(name);
  } catch {
    // It has ended by itself.
  }
}

/** Of both runs. `setting`: NAME=VALUE each. */
interface Settings {
  readonly steps: number;
  readonly setting: readonly string[];
}

interface DisturbedOptions extends Settings {
  readonly out: string;
  readonly workers: number;
}

/** The run with faults injected: a coordinator and workers, each started again when it ends. */
class Disturbed implements AsyncDisposable {
  readonly folder: string;
  readonly #options: DisturbedOptions;
  readonly #token = crypto.getRandomValues(new Uint8Array(24)).toHex();
  readonly #port: number;
  readonly #wire: Wire;
  #coordinator: Child | null = null;
  readonly #workers: (Child | null)[];
  readonly #tended: Promise<void>[] = [];
  #over = false;
  /** Starts of the coordinator. */
  starts = 0;

  constructor(options: DisturbedOptions) {
    this.#options = options;
    this.folder = join(options.out, "disturbed");
    const probe = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#port = probe.addr.port;
    probe.close();
    this.#wire = new Wire(this.#port);
    this.#workers = Array(options.workers).fill(null);
  }

  /** Resolves when the run is finished. Throws when the coordinator fails. */
  async run(): Promise<void> {
    for (const i of this.#workers.keys()) this.#tended.push(this.#tendWorker(i));
    while (!this.#over) {
      this.#coordinator = await start(
        "coordinator",
        await this.#coordinatorArgs(),
        this.#log("coordinator"),
        this.#token,
      );
      this.starts++;
      const { success, code, signal: by } = await this.#coordinator.status;
      if (success) return;
      if (by === null && code !== 130) {
        throw new UserError(
          `The coordinator must go on, found that it ended with exit code ${code}: see ` +
            `${this.#log("coordinator")}`,
        );
      }
      await delay(AGAIN_MS);
    }
  }

  async #coordinatorArgs(): Promise<string[]> {
    const exists = await Deno.stat(join(this.folder, LOG_NAME)).then(() => true, () => false);
    const run = exists ? ["--resume", this.folder] : [
      ...runArgs(this.#options),
      "--exact",
      "--checkpoint-every",
      `${CHECKPOINT_EVERY}`,
      "--out",
      this.folder,
    ];
    return [...run, "--port", `${this.#port}`];
  }

  /** Odd workers send all over the socket; the others share files with the coordinator. */
  async #tendWorker(index: number): Promise<void> {
    const args = ["--coordinator", this.#wire.url, "--cpu", "--threads", "1", "--name", `chaos-${index}`];
    if (index % 2 === 1) args.push("--no-share");
    while (!this.#over) {
      const worker = await start("worker", args, this.#log(`worker-${index}`), this.#token);
      this.#workers[index] = worker;
      await worker.status;
      this.#workers[index] = null;
      await delay(AGAIN_MS);
    }
  }

  #log(name: string): string {
    return join(this.#options.out, `${name}.log`);
  }

  /** Resolves when it is over and done with. */
  async deal({ kind, lasts_ms, victim }: Fault): Promise<void> {
    if (kind === "cut wires") return this.#wire.cut();
    if (kind === "hold wires") return this.#wire.hold(delay(lasts_ms));
    const [how, whom] = kind.split(" ") as ["kill" | "interrupt" | "stop", "worker" | "coordinator"];
    const index = Math.floor(victim * this.#workers.length);
    const child = whom === "worker" ? this.#workers[index] : this.#coordinator;
    if (!child) return;
    if (how !== "stop") return signal(child, how === "kill" ? "SIGKILL" : "SIGINT");
    signal(child, "SIGSTOP");
    await delay(lasts_ms);
    signal(child, "SIGCONT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over = true;
    for (const child of [this.#coordinator, ...this.#workers]) if (child) signal(child, "SIGKILL");
    await Promise.all(this.#tended);
    this.#wire[Symbol.dispose]();
  }
}

/** Settings of both runs. The fewest pictures: they are not compared. */
function runArgs({ steps, setting }: Settings): string[] {
  return [
    "--preset",
    "strokes",
    "--dataset",
    "strokes",
    "--seed",
    "1",
    "--steps",
    `${steps}`,
    "--sample-every",
    "0",
    ...setting.map((text) => `--${text}`),
  ];
}

async function trainUndisturbed(folder: string, settings: Settings): Promise<void> {
  const args = [...taskCommand("train"), ...runArgs(settings), "--checkpoint-every", "0", "--out", folder];
  const { success } = await new Deno.Command(Deno.execPath(), { args, stdin: "null" }).spawn().status;
  if (!success) throw new UserError("The undisturbed run must train to its end, found that it failed");
}

/** Injects faults until the run is over. Returns how many of each kind. */
async function disturb(
  run: Disturbed,
  { seed, minutes }: { readonly seed: number; readonly minutes: number },
): Promise<ReadonlyMap<string, number>> {
  const can_stop = Deno.build.os !== "windows";
  const counts = new Map<string, number>(FAULTS.map((kind) => [kind, 0]));
  const start_ms = performance.now();
  let over = false;
  const ended = run.run().finally(() => over = true);
  const dealing = (async () => {
    const pending: Promise<void>[] = [];
    for (let i = 0; !over; i++) {
      const next = faultAt(seed, i, can_stop);
      await Promise.race([delay(next.after_ms), ended]);
      if (over) break;
      const seconds = (performance.now() - start_ms) / 1000;
      if (seconds > 60 * minutes) {
        throw new UserError(`The disturbed run must end within ${minutes} minutes, found it training still`);
      }
      console.error(
        `${seconds.toFixed(1).padStart(7)} s  ${next.kind}${
          /stop|hold/.test(next.kind) ? `, ${(next.lasts_ms / 1000).toFixed(1)} s` : ""
        }`,
      );
      pending.push(run.deal(next));
      counts.set(next.kind, counts.get(next.kind)! + 1);
    }
    await Promise.all(pending);
  })();
  await Promise.all([ended, dealing]);
  return counts;
}

async function main(args: readonly string[]): Promise<number> {
  const { seed, steps, setting, workers, minutes, out } = parseOptions(COMMAND, args).values;
  if (await Deno.stat(out).catch(() => null)) {
    throw new UserError(`Cannot use ${out} for --out: a folder that does not exist is required, found one`);
  }
  await Deno.mkdir(out, { recursive: true });
  const undisturbed = join(out, "undisturbed");
  await trainUndisturbed(undisturbed, { steps, setting });
  await using run = new Disturbed({ out, workers, steps, setting });
  const counts = await disturb(run, { seed, minutes });
  const compared = await compareSteps(undisturbed, run.folder);
  const [plain, tried] = [await summarize(undisturbed, Date.now()), await summarize(run.folder, Date.now())];
  const same = plain.weights_sha256 === tried.weights_sha256 && compared.steps === steps &&
    compared.differing.length === 0;
  for (const [kind, count] of counts) console.log(`${kind.padEnd(22)} ${count}`);
  console.log(`starts of the coordinator ${run.starts}; workers that joined ${tried.workers.length}`);
  console.log(
    `steps ${compared.steps}, made again after a resume ${compared.made_again}, differing ${compared.differing.length}`,
  );
  console.log(`undisturbed ${plain.weights_sha256}\ndisturbed   ${tried.weights_sha256}`);
  console.log(
    same ? "The same bits." : `NOT the same: first differing step ${compared.differing[0] ?? "none"}`,
  );
  return same ? 0 : 1;
}

if (import.meta.main) await runMain(main);
