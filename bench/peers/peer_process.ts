/** Child processes that answer questions: one JSON object a line, in and out. */

import { lockedBy } from "../../tasks/task_command.ts";
export class PeerProcess {
  readonly #what: string;
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: AsyncIterator<string>;

  /** Starts `command`; `what` names it in messages. It must end when its standard input does. */
  constructor(
    what: string,
    command: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ) {
    this.#what = what;
    this.#child = new Deno.Command(command, {
      args: [...args],
      env: { ...env },
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#lines = lines(this.#child.stdout)[Symbol.asyncIterator]();
  }

  /** Starts a script of bench/ in a Deno of its own. */
  static deno(what: string, script: string, args: readonly string[] = []): PeerProcess {
    const path = new URL(`../${script}`, import.meta.url).href;
    const options = ["--quiet", ...lockedBy(), "--allow-all"];
    return new PeerProcess(what, Deno.execPath(), ["run", ...options, path, ...args]);
  }

  /** The next line that it writes. Throws where it ended instead. */
  async next<Answer>(): Promise<Answer> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`${this.#what} ended without an answer; what it said is above`);
    return JSON.parse(value) as Answer;
  }

  /** Asks, and waits for the answer. */
  async ask<Answer>(question: unknown): Promise<Answer> {
    await this.#writer.write(new TextEncoder().encode(`${JSON.stringify(question)}\n`));
    return await this.next<Answer>();
  }

  /** Closes its input and waits for its end. */
  async close(): Promise<void> {
    await this.#writer.close().catch(() => {});
    await this.#child.stdout.cancel().catch(() => {});
    await this.#child.status;
  }
}

async function* lines(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const whole = (rest + text).split("\n");
    rest = whole.pop()!;
    yield* whole;
  }
}

/** The other side: answers every line of standard input, until it ends. */
export async function answerQuestions<Question>(
  answer: (question: Question) => Promise<unknown> | unknown,
): Promise<void> {
  for await (const line of lines(Deno.stdin.readable)) {
    console.log(JSON.stringify(await answer(JSON.parse(line) as Question)));
  }
}
