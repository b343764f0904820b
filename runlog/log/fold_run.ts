/**
 * Sums up a run folder: steps from the sidecar where it has them, the rest from the log. One pass, in memory that
 * does not grow with the run, to the same sum with a sidecar or without.
 */
import { LineReader, LineSplitter, noneSkipped, type SkippedLines } from "./reader.ts";
import type { RunRecord } from "../records.ts";
import { LogText } from "./segments.ts";
import { type Place, rowBytes, STEP_INDEX_NAME } from "./step_index.ts";
import { StepIndexRows } from "./step_index_file.ts";
import { factsOf, type StepFacts } from "./step_facts.ts";

/** Bytes of rows that are read at once. */
const CHUNK_BYTES = 1 << 22;
/** Rows that are compared with the lines they stand for, spread over the sidecar. */
const NUM_PROBES = 16;

/** Who takes a run's records one after the other: a RunFold, or whoever keeps something else of them. */
export interface Fold {
  add(record: RunRecord): void;
  /** A step of which only this much is known. Nothing of `facts` may be kept: the object is used again. */
  addStep(facts: StepFacts): void;
}

/** A run that is summed up, and may grow while it is looked at. */
export class RunReading implements Disposable {
  readonly #log: LogText;
  readonly #lines: LineReader;
  readonly #fold: Fold;
  readonly #splitter = new LineSplitter();
  #done: number;

  private constructor(log: LogText, lines: LineReader, fold: Fold, done: number) {
    this.#log = log;
    this.#lines = lines;
    this.#fold = fold;
    this.#done = done;
  }

  /** Folds what the sidecar of the run in `folder` has. Throws {@linkcode UserError} if it is no run. */
  static async open(folder: string, fold: Fold, skipped: SkippedLines): Promise<RunReading> {
    const log = await LogText.open(folder);
    try {
      const lines = new LineReader(log.path, skipped);
      const size = await log.size();
      using rows = await StepIndexRows.open(`${folder}/${STEP_INDEX_NAME}`);
      const usable = rows && await agrees(rows, log, size);
      return new RunReading(log, lines, fold, usable ? await foldRows(rows, log, size, lines, fold) : 0);
    } catch (error) {
      log[Symbol.dispose]();
      throw error;
    }
  }

  /** Folds the lines that are whole by now and were not before. Throws {@linkcode UserError} for another format. */
  async readMore(): Promise<void> {
    for await (const chunk of this.#log.bytes(this.#done)) {
      this.#done += chunk.length;
      for (const text of this.#splitter.push(chunk)) take(this.#lines, this.#fold, text, true);
    }
  }

  /** Takes a last line without an end as it is. Nothing can be read afterwards. */
  finish(): void {
    const rest = this.#splitter.rest();
    if (rest !== "") take(this.#lines, this.#fold, rest, false);
    this.#lines.end();
  }

  [Symbol.dispose](): void {
    this.#log[Symbol.dispose]();
  }
}

/**
 * Feeds the records of the run in `folder` to the fold. Throws {@linkcode UserError} if it is no run of this
 * format. What had to be passed over is counted in `skipped`.
 */
export async function foldRun(
  folder: string,
  fold: Fold,
  skipped: SkippedLines = noneSkipped(),
): Promise<void> {
  using reading = await RunReading.open(folder, fold, skipped);
  await reading.readMore();
  reading.finish();
}

function take(lines: LineReader, fold: Fold, text: string, complete: boolean): void {
  const record = lines.take({ text, complete });
  if (record) fold.add(record);
}

/** Folds the rows and what lies between their lines; returns how many bytes of the log are done. */
async function foldRows(
  rows: StepIndexRows,
  log: LogText,
  size: number,
  lines: LineReader,
  fold: Fold,
): Promise<number> {
  const per_chunk = Math.floor(CHUNK_BYTES / rowBytes(rows.shape));
  let done = 0;
  for (let begin = 0; begin < rows.num_rows; begin += per_chunk) {
    const { reader, count } = await rows.rows(begin, per_chunk);
    for (let i = 0; i < count; i++) {
      // What a damaged row stood for is read from the log.
      if (!reader.read(i)) continue;
      const { offset, length } = reader.place;
      // A sidecar that is ahead of the log, or out of order, is of no use from here on.
      if (offset < done || offset + length > size) return done;
      if (offset > done) {
        await foldLines(log, done, offset, lines, fold);
        reader.read(i);
      }
      lines.skip();
      fold.addStep(reader.facts);
      done = offset + length;
    }
  }
  return done;
}

/** Folds the lines in the bytes begin..end of the log, the last of them whole. */
async function foldLines(
  log: LogText,
  begin: number,
  end: number,
  lines: LineReader,
  fold: Fold,
): Promise<void> {
  const splitter = new LineSplitter();
  for await (const chunk of log.bytes(begin, end)) {
    for (const text of splitter.push(chunk)) take(lines, fold, text, true);
  }
}

/** True if rows spread over the sidecar say what the lines say that they stand for. */
async function agrees(rows: StepIndexRows, log: LogText, size: number): Promise<boolean> {
  if (rows.num_rows === 0) return false;
  for (let i = 0; i < NUM_PROBES; i++) {
    const { reader } = await rows.rows(Math.round((rows.num_rows - 1) * i / (NUM_PROBES - 1)), 1);
    if (!reader.read(0)) continue;
    const { place, facts } = reader;
    // The end of a log that was cut off says nothing against the rest.
    if (place.offset + place.length > size) continue;
    const found = await factsAt(log, place);
    if (JSON.stringify(found) !== JSON.stringify(facts)) return false;
  }
  return true;
}

async function factsAt(log: LogText, { offset, length }: Place) {
  let text = "";
  const decoder = new TextDecoder();
  for await (const bytes of log.bytes(offset, offset + length)) {
    text += decoder.decode(bytes, { stream: true });
  }
  if (!text.endsWith("\n")) return null;
  const record = new LineReader("", noneSkipped());
  record.skip();
  const step = record.take({ text: text.slice(0, -1), complete: true });
  return step?.type === "step" ? factsOf(step) : null;
}
