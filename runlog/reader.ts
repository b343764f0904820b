/**
 * The reader of a run's log. It forgives what happens to logs (a last line cut off by a crash, a garbled line in
 * the middle, records of a newer wagon) and says how often; it refuses what it would misunderstand (another
 * format). Its memory does not grow with the log.
 */
import { UserError } from "../common/errors.ts";
import { checkRecord, LOG_NAME, RUN_FORMAT, type RunRecord } from "./records.ts";

/** What was passed over. */
export interface Oddities {
  /** Lines that hold no record. */
  bad_lines: number;
  /** Number of the first of them, counted from 1. */
  first_bad_line: number | null;
  /** The last line has no end: a crash cut it off, or it is being written now. */
  cut_off: boolean;
  /** Records of types that this version does not know. */
  unknown_records: number;
}

export function noOddities(): Oddities {
  return { bad_lines: 0, first_bad_line: null, cut_off: false, unknown_records: 0 };
}

/** A line, without its end. `complete` is false for a last line that has no end. */
export interface Line {
  readonly text: string;
  readonly complete: boolean;
}

/** Cuts chunks of UTF-8 into lines. */
export async function* splitLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const lines = decoder.decode(chunk, { stream: true }).split("\n");
    lines[0] = rest + lines[0]!;
    rest = lines.pop()!;
    for (const text of lines) yield { text, complete: true };
  }
  rest += decoder.decode();
  if (rest !== "") yield { text: rest, complete: false };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Refuses a first record of another format. */
function checkFormat(value: unknown, where: string): void {
  const { type, format, versions } = (value ?? {}) as Record<string, unknown>;
  if (type !== "run") {
    throw new UserError(`Cannot read ${where}: it must begin with a run record, found none`);
  }
  if (format === RUN_FORMAT) return;
  const writer = (versions as { wagon?: unknown } | undefined)?.wagon;
  const by = typeof writer === "string" ? ` (wagon ${writer})` : "";
  throw new UserError(
    `Cannot read ${where}: this version of wagon reads run format ${RUN_FORMAT}, and the folder is of run format ` +
      `${JSON.stringify(format)}: use the version that wrote it${by}`,
  );
}

/**
 * The records of a log, in order, as they were written: after a `resume` record, steps come again. What had to
 * be passed over is counted in `oddities`. Throws {@linkcode UserError} if the log, which messages call `where`,
 * does not begin with a run record of this format.
 */
export async function* readRecords(
  chunks: AsyncIterable<Uint8Array>,
  where: string,
  oddities: Oddities = noOddities(),
): AsyncGenerator<RunRecord> {
  let line_number = 0;
  for await (const { text, complete } of splitLines(chunks)) {
    line_number++;
    const value = parse(text);
    if (line_number === 1) checkFormat(value, where);
    const verdict = checkRecord(value);
    if (typeof verdict === "object") yield verdict.record;
    else if (verdict === "unknown") oddities.unknown_records++;
    else if (!complete) oddities.cut_off = true;
    else {
      oddities.bad_lines++;
      oddities.first_bad_line ??= line_number;
    }
  }
  if (line_number === 0) checkFormat(undefined, where);
}

/** The records of the run in `folder`. Throws {@linkcode UserError} if it is not the folder of a run. */
export async function* readRun(folder: string, oddities: Oddities = noOddities()): AsyncGenerator<RunRecord> {
  const path = `${folder}/${LOG_NAME}`;
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      throw new UserError(`Cannot read run ${folder}: a run folder must hold ${LOG_NAME}, found none`);
    }
    if (error instanceof Deno.errors.PermissionDenied) {
      throw new UserError(`Cannot read ${path}: it is not allowed`);
    }
    throw error;
  }
  yield* readRecords(file.readable, path, oddities);
}
