/** The folder of a run: where everything lies, and how it comes to be. */
import { join } from "node:path";
import { UserError } from "../../common/errors.ts";
import { sha256 } from "../../common/sha256.ts";
import { shellWord } from "../../common/text/shell_word.ts";
import type { RecordOf } from "../../runlog/records.ts";
import { LOG_NAME } from "../../runlog/records.ts";
import { readRun } from "../../runlog/log/reader.ts";
import { STEP_INDEX_NAME } from "../../runlog/log/step_index.ts";
import { upTo } from "../../runlog/summary/entries.ts";
import { AMENDABLE, MAY_CHANGE } from "../config/resume_config.ts";
import type { LogWriter } from "../../runlog/log/writer.ts";
import { LOCK_FILES, type RunLock } from "./run_lock.ts";

/** The generator of the best checkpoint (--keep-best). */
export const BEST_GENERATOR = "best_generator.onnx";

export class RunFolder {
  constructor(readonly path: string) {}

  get log(): string {
    return join(this.path, LOG_NAME);
  }
  get artifacts(): string {
    return join(this.path, "artifacts");
  }
  get checkpoints(): string {
    return join(this.path, "checkpoints");
  }
  get samples(): string {
    return join(this.path, "samples");
  }
  get generator(): string {
    return join(this.path, "generator.onnx");
  }
  get best_generator(): string {
    return join(this.path, BEST_GENERATOR);
  }
  get critic(): string {
    return join(this.path, "critic.onnx");
  }

  /** Its contents for a person, one line each. */
  contents(): string[] {
    return [
      "samples/           grids: left real examples, right samples; open the last one",
      "generator.onnx     the trained generator, for any ONNX Runtime",
      "critic.onnx        the critic that it was trained with",
      "events.jsonl       the log of every step, which deno task inspect reads",
      "events.series      the same numbers in a compact form, so that long runs open quickly",
      "checkpoints/       weights and optimizer state as safetensors, for --resume",
      "artifacts/         the training graphs, as ONNX",
    ];
  }
}

/** What a command line says about where a run begins. */
export interface WhereToStart {
  readonly out?: string | undefined;
  readonly resume?: string | undefined;
  /** For new runs. */
  readonly name?: string | undefined;
  /** One command starts a run and, given again, resumes it, as schedulers give it. */
  readonly auto_resume: boolean;
}

/**
 * The same, decided: with `auto_resume` a run in `out` is resumed. Throws {@linkcode UserError} where there is no `out`, or
 * `resume` says something else.
 */
export async function decideStart(
  { out, resume, name, auto_resume }: WhereToStart,
): Promise<Omit<WhereToStart, "auto_resume">> {
  if (!auto_resume) return { out, resume, name };
  if (out === undefined || resume !== undefined) {
    const found = resume === undefined ? "neither --out nor --resume" : `--resume ${resume}`;
    throw new UserError(
      `Option --auto-resume needs --out DIR, the folder to start or to resume in: found ${found}`,
    );
  }
  const log = await Deno.stat(new RunFolder(out).log).catch(() => null);
  return log?.isFile && log.size > 0 ? { resume: out } : { out, name };
}

/** Path within a run folder of the picture of a step's samples. */
export function sampleFile(step: number): string {
  return `samples/step-${String(step).padStart(9, "0")}.png`;
}

/** e.g. "2026-11-24_09-30-05_wgan", local time; what a person calls it stands behind. */
export function runName(preset: string, now: Date, name?: string): string {
  const two = (n: number) => String(n).padStart(2, "0");
  const day = [now.getFullYear(), two(now.getMonth() + 1), two(now.getDate())].join("-");
  const time = [two(now.getHours()), two(now.getMinutes()), two(now.getSeconds())].join("-");
  return `${day}_${time}_${preset}${name === undefined ? "" : `_${name}`}`;
}

/**
 * True if nothing is in it, but for what a start leaves behind that came to nothing: files of the lock, and, where it was
 * killed before it wrote its first record, what {@linkcode fillRunFolder} makes, and an empty log.
 */
async function isEmpty(path: string): Promise<boolean> {
  try {
    const { artifacts, checkpoints, samples, log } = new RunFolder(path);
    const made = [artifacts, checkpoints, samples];
    const found = (await namesIn(path)).filter((name) => !LOCK_FILES.has(name)).map((name) =>
      join(path, name)
    );
    if (found.includes(log) && (await Deno.stat(log)).size > 0) return false;
    const parts = found.filter((part) => part !== log && part !== join(path, STEP_INDEX_NAME));
    if (!parts.every((part) => made.includes(part))) return false;
    // Artifacts are written once all three are there.
    const to_be_empty = parts.filter((part) => part !== artifacts || parts.length < made.length);
    return (await Promise.all(to_be_empty.map(namesIn))).every(({ length }) => length === 0);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return true;
    throw error;
  }
}

async function namesIn(path: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(path))).map(({ name }) => name);
}

/** Throws {@linkcode UserError} where something is in the folder already. */
export async function requireNewFolder(path: string): Promise<void> {
  if (await orCannotMake(path, () => isEmpty(path))) return;
  throw new UserError(
    `Cannot start a run in ${path}: the folder must be empty or new; name another with --out, or continue with --resume ${
      shellWord(path)
    }`,
  );
}

/** Does it; what the system refuses is a {@linkcode UserError}. */
async function orCannotMake<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const found = (error as Error).message;
    throw new UserError(
      `Cannot make run folder ${path}: it must be a new or empty folder on a disk with free space, found ${found}; ` +
        "name another with --out",
    );
  }
}

/** Makes the folder of a new run, or takes an empty one. Throws {@linkcode UserError} if something is there already. */
export async function createRunFolder(
  path: string,
  take: (path: string) => Promise<RunLock>,
): Promise<RunLock> {
  await requireNewFolder(path);
  await orCannotMake(path, () => Deno.mkdir(path, { recursive: true }));
  const lock = await take(path);
  try {
    // Another may have been as fast, and have ended since.
    await requireNewFolder(path);
    return lock;
  } catch (error) {
    await lock[Symbol.asyncDispose]();
    throw error;
  }
}

/** Makes what belongs into the folder of a new run, its artifacts in it. Throws {@linkcode UserError}. */
export async function fillRunFolder(
  path: string,
  artifacts: ReadonlyMap<string, Uint8Array>,
): Promise<RunFolder> {
  const folder = new RunFolder(path);
  await orCannotMake(path, async () => {
    for (const part of [folder.artifacts, folder.checkpoints, folder.samples]) {
      await Deno.mkdir(part, { recursive: true });
    }
    for (const [file, bytes] of artifacts) await Deno.writeFile(join(folder.artifacts, file), bytes);
  });
  return folder;
}

/** Facts about the run from its earlier log. */
export interface Recorded {
  /** SHA-256 of its first record as it was written. */
  readonly sha256: string;
  /** Its first record. `config` and `note` are those of the last start: what earlier resumes changed is in them. */
  readonly run: RecordOf<"run">;
  /** Starts of the coordinator so far. */
  readonly incarnations: number;
  /** Steps whose samples were evaluated, and the best ones of them, in order; those that resumes took back left out. */
  readonly evaluated: readonly number[];
  readonly bests: readonly RecordOf<"best">[];
}

/** Reads what a run was, from its log. Throws {@linkcode UserError} if the folder holds no run of this version. */
export async function readRecorded(folder: RunFolder): Promise<Recorded> {
  let run: RecordOf<"run"> | undefined;
  let incarnations = 1;
  let note: string | undefined;
  const changed: Record<string, unknown> = {};
  let evaluated: number[] = [], bests: RecordOf<"best">[] = [];
  for await (const record of readRun(folder.path)) {
    if (record.type === "evaluation") evaluated.push(record.step);
    if (record.type === "best") bests.push(record);
    if (record.type === "run") run ??= record;
    if (record.type === "run" || record.type === "resume") note = record.note ?? note;
    if (record.type !== "resume") continue;
    incarnations = record.incarnation + 1;
    evaluated = evaluated.filter((step) => step <= record.step);
    bests = upTo(record.step, bests);
    for (const [key, change] of Object.entries(record.changed)) {
      const given_up = key === "exact" && change[1] === false;
      if (MAY_CHANGE.has(key) || AMENDABLE.has(key) || given_up) changed[key] = change[1];
    }
  }
  const config = { ...run!.config, ...changed };
  return {
    run: { ...run!, config, ...note !== undefined && { note } },
    sha256: runRecordSha256(run!),
    incarnations,
    evaluated,
    bests,
  };
}

/** SHA-256 of a run record, as its line says it. */
export function runRecordSha256(record: RecordOf<"run">): string {
  return sha256(JSON.stringify(record));
}

/** Destination of a run's files: its folder, or nowhere for a program that wants none. */
export interface RunPlace {
  /** null: nothing is written. */
  readonly folder: RunFolder | null;
  readonly log: Pick<LogWriter, "append" | "flush" | "sync" | "close">;
  /** Nobody else trains in the folder until this is disposed of. */
  readonly lock: Pick<RunLock, "lost" | "onlost" | "check" | typeof Symbol.asyncDispose>;
}

/** No folder: records go to nobody, and nobody else can take it over. */
export function nowhere(): RunPlace {
  const done = () => Promise.resolve();
  return {
    folder: null,
    log: { append: () => {}, flush: done, sync: done, close: done },
    lock: { lost: null, onlost: null, check: done, [Symbol.asyncDispose]: done },
  };
}
