/**
 * The reader of a run's log. It forgives what happens to logs (a last line cut off by a crash, a garbled line in
 * the middle, records of a newer wagon) and says how often; it refuses what it would misunderstand (another
 * format). Its memory does not grow with the log.
 */
import { cleanText } from "../../common/text/foreign_text.ts";
import { UserError } from "../../common/errors.ts";
import {
  checkRecord,
  OLDEST_RUN_FORMAT,
  RECORDS,
  RUN_FORMAT,
  type RunRecord,
  type Verdict,
} from "../records.ts";
import { LogText } from "./segments.ts";
import { misfit } from "../shape.ts";

/** No record is so long, and a text cannot be of any length. */
const MAX_LINE_CHARACTERS = 1 << 26;
/** No JSON begins with this. */
const NO_RECORD = "\0";

/**
 * Skipped parts.
 * @example
 * ```ts
 * import type { SkippedLines } from "@wagon/wagon/runlog";
 * const skipped: SkippedLines = { bad_lines: 0, first_bad_line: null, cut_off: false, unknown_records: 0 };
 * console.assert(skipped.bad_lines === 0);
 * ```
 */
export interface SkippedLines {
  /** Lines that hold no record. */
  bad_lines: number;
  /** Number of the first of them, counted from 1. */
  first_bad_line: number | null;
  /** The last line has no end: a crash cut it off, or it is being written now. */
  cut_off: boolean;
  /** Records of types that this version does not know. */
  unknown_records: number;
}

export function noneSkipped(): SkippedLines {
  return { bad_lines: 0, first_bad_line: null, cut_off: false, unknown_records: 0 };
}

/** A line, without its end. `complete` is false for a last line that has no end. */
export interface LogLine {
  readonly text: string;
  readonly complete: boolean;
}

/** Cuts UTF-8 into lines, chunk by chunk. */
export class LineSplitter {
  readonly #decoder = new TextDecoder();
  readonly #max_characters: number;
  #rest = "";

  /** A longer line is dropped, except for the fact that it is none of ours. */
  constructor(max_characters = MAX_LINE_CHARACTERS) {
    this.#max_characters = max_characters;
  }

  /** The lines that end in this chunk, without their ends. */
  push(chunk: Uint8Array): string[] {
    const lines = this.#decoder.decode(chunk, { stream: true }).split("\n");
    lines[0] = this.#rest + lines[0]!;
    this.#rest = lines.pop()!;
    if (this.#rest.length > this.#max_characters) this.#rest = NO_RECORD;
    return lines;
  }

  /** Text after the last line ending; "" if there is none. */
  rest(): string {
    return this.#rest + this.#decoder.decode();
  }
}

/** Cuts chunks of UTF-8 into lines. */
export async function* splitLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<LogLine> {
  const splitter = new LineSplitter();
  for await (const chunk of chunks) {
    for (const text of splitter.push(chunk)) yield { text, complete: true };
  }
  const rest = splitter.rest();
  if (rest !== "") yield { text: rest, complete: false };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Refuses a first record that says too little of the run: nothing else in the log says it. */
function checkWhole(value: unknown, verdict: Verdict, where: string): void {
  if (typeof verdict === "object") return;
  throw new UserError(
    `Cannot read ${where}: its run record must be complete, found field ` +
      `${misfit(RECORDS.run, value)} missing or of another kind; restore the first ` +
      "line",
  );
}

/** Refuses a first record of another format. */
function checkFormat(value: unknown, where: string): void {
  const { type, format, versions } = (value ?? {}) as Record<string, unknown>;
  if (type !== "run") {
    throw new UserError(`Cannot read ${where}: it must begin with a run record, found none`);
  }
  const readable = Array.from(
    { length: RUN_FORMAT - OLDEST_RUN_FORMAT + 1 },
    (_, i) => OLDEST_RUN_FORMAT + i,
  );
  if (readable.some((known) => known === format)) return;
  const writer = (versions as { wagon?: unknown } | undefined)?.wagon;
  const by = typeof writer === "string" ? ` (wagon ${cleanText(writer, 40)})` : "";
  throw new UserError(
    `Cannot read ${where}: this version of wagon reads run formats ${readable.join(" and ")}, ` +
      `and the folder is of run format ${cleanText(JSON.stringify(format) ?? "undefined", 40)}: ` +
      `use the version that wrote it${by}`,
  );
}

/** Takes the lines of a log one after the other. What has to be passed over is counted in `skipped`. */
export class LineReader {
  readonly #where: string;
  readonly #skipped: SkippedLines;
  #line_number = 0;

  /** Messages call the log `where`. */
  constructor(where: string, skipped: SkippedLines) {
    this.#where = where;
    this.#skipped = skipped;
  }

  /**
   * The record of the next line; null where it holds none. Throws {@linkcode UserError} if the first line is no
   * whole run record of a format that is known.
   */
  take({ text, complete }: LogLine): RunRecord | null {
    this.#line_number++;
    const value = parse(text);
    if (this.#line_number === 1) checkFormat(value, this.#where);
    const verdict = checkRecord(value);
    if (this.#line_number === 1) checkWhole(value, verdict, this.#where);
    if (typeof verdict === "object") return verdict.record;
    if (verdict === "unknown") this.#skipped.unknown_records++;
    else if (!complete) this.#skipped.cut_off = true;
    else {
      this.#skipped.bad_lines++;
      this.#skipped.first_bad_line ??= this.#line_number;
    }
    return null;
  }

  /** The next line is known to hold a step. */
  skip(): void {
    this.#line_number++;
  }

  /** Throws {@linkcode UserError} if there was no line at all. */
  end(): void {
    if (this.#line_number === 0) checkFormat(undefined, this.#where);
  }
}

/**
 * The records of a log, in order, as they were written: after a `resume` record, steps come again. What had to
 * be passed over is counted in `skipped`. Throws {@linkcode UserError} if the log, which messages call `where`,
 * does not begin with a run record of this format.
 */
export async function* readRecords(
  chunks: AsyncIterable<Uint8Array>,
  where: string,
  skipped: SkippedLines = noneSkipped(),
): AsyncGenerator<RunRecord> {
  const reader = new LineReader(where, skipped);
  for await (const line of splitLines(chunks)) {
    const record = reader.take(line);
    if (record) yield record;
  }
  reader.end();
}

/**
 * The records of the run in `folder`. Throws {@linkcode UserError} if it is not the folder of a run.
 * @example
 * ```ts
 * import { train } from "@wagon/wagon";
 * import { readRun } from "@wagon/wagon/runlog";
 * const folder = await Deno.makeTempDir();
 * await train({ data: "8gaussians", steps: 5, out: folder });
 * const losses: number[] = [];
 * for await (const record of readRun(folder)) {
 *   if (record.type === "step") losses.push(record.loss_critic);
 * }
 * console.assert(losses.length === 5);
 * ```
 */
export async function* readRun(
  folder: string,
  skipped: SkippedLines = noneSkipped(),
): AsyncGenerator<RunRecord> {
  using log = await LogText.open(folder);
  yield* readRecords(log.bytes(0), log.path, skipped);
}
