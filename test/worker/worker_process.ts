/** A real worker process and what it prints. */
import { lockedBy } from "../../tasks/task_command.ts";

export class WorkerProcess {
  readonly lines: string[] = [];
  readonly #child: Deno.ChildProcess;
  readonly #read: Promise<void>;
  readonly #errors: Promise<string>;
  #wake: (() => void) | null = null;

  /** `input`: its whole standard input. */
  constructor(args: readonly string[], env: Record<string, string>, input: string | null = null) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--allow-all",
        "--quiet",
        ...lockedBy(),
        new URL("../../worker/main.ts", import.meta.url).pathname,
        ...args,
      ],
      env,
      stdin: input === null ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    if (input !== null) void new Blob([input]).stream().pipeTo(this.#child.stdin).catch(() => {});
    this.#read = this.#readLines();
    this.#errors = new Response(this.#child.stderr).text();
  }

  /** Waits for a line that begins so. Throws if the process ends first. */
  async line(begin: string): Promise<string> {
    const ended = this.#read.then(() => true);
    while (true) {
      const found = this.lines.find((line) => line.startsWith(begin));
      if (found !== undefined) return found;
      const next = new Promise<boolean>((resolve) => this.#wake = () => resolve(false));
      if (await Promise.race([next, ended])) throw new Error(`Waited for "${begin}": ${await this.#errors}`);
    }
  }

  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Exit code and what stood on standard error. */
  async end(): Promise<{ code: number; errors: string }> {
    const [{ code }, errors] = await Promise.all([this.#child.status, this.#errors, this.#read]);
    return { code, errors };
  }

  async #readLines(): Promise<void> {
    let rest = "";
    for await (const text of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      this.lines.push(...lines);
      this.#wake?.();
    }
  }
}
