/** Standard input of a worker that another program starts: its first line may be the token, its end a word to leave. */
import { UserError } from "../common/errors.ts";
import type { Clock } from "../wire/clock.ts";

/** Whoever starts a worker writes the token at once. */
const SILENT_MS = 10_000;
/** No token is longer. */
const MAX_LINE = 4_096;

/** How `--token-file` names standard input. */
export const STANDARD_INPUT = "-";

export class StandardInput {
  /** Resolves at its end. */
  readonly ended: Promise<void>;
  readonly #first_line = Promise.withResolvers<string>();
  readonly #clock: Clock;

  constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>, clock: Clock) {
    this.#clock = clock;
    this.ended = this.#read(stream).catch(() => {});
  }

  /** Its first line, without what ends it. Throws {@linkcode UserError} where none comes in time. */
  async firstLine(): Promise<string> {
    const late = Promise.withResolvers<never>();
    const cancel = this.#clock.after(SILENT_MS, () =>
      late.reject(
        new UserError(
          `Cannot read the token from standard input: a line is required within ${
            SILENT_MS / 1000
          } s, found none; ` +
            "write it there, or give --token-file FILE",
        ),
      ));
    try {
      return await Promise.race([this.#first_line.promise, late.promise]);
    } finally {
      cancel();
    }
  }

  async #read(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    let line: string | null = "";
    try {
      for await (const text of stream.pipeThrough(new TextDecoderStream())) {
        if (line === null) continue;
        line = (line + text).slice(0, MAX_LINE);
        const end = line.indexOf("\n");
        if (end < 0 && line.length < MAX_LINE) continue;
        this.#first_line.resolve(end < 0 ? line : line.slice(0, end));
        line = null;
      }
    } finally {
      if (line !== null) this.#first_line.resolve(line);
    }
  }
}
