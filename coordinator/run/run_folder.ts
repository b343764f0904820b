/** The folder of a run: where everything lies, and how it comes to be. */
import { join } from "node:path";
import { UserError } from "../../common/errors.ts";
import { sha256 } from "../../common/sha256.ts";
import { shellWord } from "../../common/text/shell_word.ts";
import type { RecordOf } from "../../runlog/records.ts";
import { LOG_NAME } from "../../runlog/records.ts";
import { readRun } from "../../runlog/log/reader.ts";
import { MAY_CHANGE } from "../config/config.ts";
import type { LogWriter } from "../../runlog/log/writer.ts";
import { LOCK_FILES, type RunLock } from "./run_lock.ts";

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

  /** Its contents for a person, one line each. */
  contents(): string[] {
    return [
      "samples/           grids of samples beside real examples; open the last one",
      "generator.onnx     the trained generator, for any ONNX Runtime",
      "events.jsonl       the log of every step, which deno task inspect reads",
      "events.series      the same numbers in a compact form, so that long runs open quickly",
      "checkpoints/       weights and optimizer state as safetensors, for --resume",
      "artifacts/         the training graphs, as ONNX",
    ];
  }
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

/** True if nothing is in it, but for what a start leaves behind that came to nothing. */
async function isEmpty(path: string): Promise<boolean> {
  try {
    for await (const { name } of Deno.readDir(path)) if (!LOCK_FILES.has(name)) return false;
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return true;
    throw error;
  }
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
}

/** Reads what a run was, from its log. Throws {@linkcode UserError} if the folder holds no run of this version. */
export async function readRecorded(folder: RunFolder): Promise<Recorded> {
  let run: RecordOf<"run"> | undefined;
  let incarnations = 1;
  let note: string | undefined;
  const changed: Record<string, unknown> = {};
  for await (const record of readRun(folder.path)) {
    if (record.type === "run") run ??= record;
    if (record.type === "run" || record.type === "resume") note = record.note ?? note;
    if (record.type !== "resume") continue;
    incarnations = record.incarnation + 1;
    for (const [key, change] of Object.entries(record.changed)) {
      const given_up = key === "exact" && change[1] === false;
      if (MAY_CHANGE.has(key) || given_up) changed[key] = change[1];
    }
  }
  const config = { ...run!.config, ...changed };
  return {
    run: { ...run!, config, ...note !== undefined && { note } },
    sha256: runRecordSha256(run!),
    incarnations,
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
