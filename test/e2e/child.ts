/** A process of wagon, started as its task in deno.json says (so with the permissions given there). */
import { taskCommand } from "../../tasks/task_command.ts";

/** Nothing in these tests takes so long, on a slow and busy machine either. */
export const DEADLINE_MS = 180_000;

export type TaskName =
  | "cache"
  | "fetch-data"
  | "train"
  | "coordinator"
  | "worker"
  | "relay"
  | "inspect"
  | "evaluate"
  | "export"
  | "keys"
  | "sample"
  | "report"
  | "compare-presets"
  | "presets"
  | "contest"
  | "page"
  | "artifacts"
  | "simulate"
  | "sweep";

/** How a process ended, and all that it said. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The arguments of `deno` that a task stands for, its script as an absolute path. */
export const taskArgs: (task: TaskName) => string[] = taskCommand;

/** Resolves or rejects as `promise` does, or rejects with `late` where that takes too long. */
export async function within<T>(promise: Promise<T>, late: () => string): Promise<T> {
  const { promise: too_late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`${late()} (waited ${DEADLINE_MS} ms)`)), DEADLINE_MS);
  try {
    return await Promise.race([promise, too_late]);
  } finally {
    clearTimeout(timer);
  }
}

export class Child {
  readonly #process: Deno.ChildProcess;
  readonly #label: string;
  readonly #ended: Promise<Ended>;
  readonly #said = { stdout: "", stderr: "" };
  #over = false;
  #waiting: (() => void)[] = [];

  /** `command`: a program with its arguments. */
  constructor(command: readonly string[], label: string, env: Record<string, string>, cwd?: string) {
    this.#label = label;
    const options = { args: command.slice(1), env, stdin: "null", stdout: "piped", stderr: "piped" } as const;
    this.#process = new Deno.Command(command[0]!, { ...options, ...cwd !== undefined && { cwd } }).spawn();
    this.#ended = this.#attend();
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Both streams so far. */
  get said(): string {
    return this.#said.stdout + this.#said.stderr;
  }

  async #attend(): Promise<Ended> {
    const { stdout, stderr, status } = this.#process;
    await Promise.all([this.#read("stdout", stdout), this.#read("stderr", stderr)]);
    const { code } = await status;
    this.#over = true;
    this.#wake();
    return { code, ...this.#said };
  }

  async #read(name: "stdout" | "stderr", stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      this.#said[name] += text;
      this.#wake();
    }
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Waits until it has said something of this pattern; returns the match. */
  line(pattern: RegExp): Promise<RegExpMatchArray> {
    return within(this.#line(pattern), () => `${this.#label} must say ${pattern}, found:\n${this.said}`);
  }

  async #line(pattern: RegExp): Promise<RegExpMatchArray> {
    while (true) {
      const match = this.said.match(pattern);
      if (match) return match;
      if (this.#over) throw new Error(`${this.#label} ended without ${pattern}, found:\n${this.said}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  signal(signal: Deno.Signal): void {
    this.#process.kill(signal);
  }

  /** Waits for its end. */
  end(): Promise<Ended> {
    return within(this.#ended, () => `${this.#label} must end, found it running:\n${this.said}`);
  }

  /** Ends it with SIGKILL, unless it has ended. */
  async kill(): Promise<Ended> {
    if (!this.#over) {
      try {
        this.#process.kill("SIGKILL");
      } catch (error) {
        // It ended between the question and the kill.
        if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
      }
    }
    return await this.end();
  }
}
