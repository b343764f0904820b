/** The folder of a run: where everything lies, and how it comes to be. */
import { join } from "node:path";
import { UserError } from "../common/errors.ts";
import type { RecordOf } from "../runlog/records.ts";
import { LOG_NAME } from "../runlog/records.ts";
import { readRun } from "../runlog/reader.ts";

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

  /** What a person finds in it, a line each. */
  contents(): string[] {
    return [
      "samples/           pictures drawn along the way, beside real ones; open the last",
      "generator.onnx     the trained generator, for any ONNX Runtime",
      "events.jsonl       every step: losses, estimate, timings; read by deno task inspect",
      "events.series      the same numbers in rows of fixed width, so that a long run opens at once",
      "checkpoints/       the state, as safetensors: what --resume goes on from",
      "artifacts/         the training graphs, as ONNX",
    ];
  }
}

/** e.g. "2026-11-24_09-30-05_wgan", local time. */
export function runName(preset: string, now: Date): string {
  const two = (n: number) => String(n).padStart(2, "0");
  const day = [now.getFullYear(), two(now.getMonth() + 1), two(now.getDate())].join("-");
  const time = [two(now.getHours()), two(now.getMinutes()), two(now.getSeconds())].join("-");
  return `${day}_${time}_${preset}`;
}

async function isEmpty(path: string): Promise<boolean> {
  try {
    for await (const _ of Deno.readDir(path)) return false;
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return true;
    throw error;
  }
}

/** Throws {@linkcode UserError} where something is in the folder already. */
export async function requireNewFolder(path: string): Promise<void> {
  let is_empty: boolean;
  try {
    is_empty = await isEmpty(path);
  } catch (error) {
    throw cannotMake(path, error);
  }
  if (is_empty) return;
  throw new UserError(
    `Cannot start a run in ${path}: the folder must be empty or new; name another with --out, or go on with --resume ${path}`,
  );
}

function cannotMake(path: string, error: unknown): UserError {
  const found = (error as Error).message;
  return new UserError(
    `Cannot make run folder ${path}: it must be a new or empty folder with room in it, found ${found}; ` +
      "name another with --out",
  );
}

/** Makes the folder of a new run, its artifacts in it. Throws {@linkcode UserError} if something is there already. */
export async function createRunFolder(
  path: string,
  artifacts: ReadonlyMap<string, Uint8Array>,
): Promise<RunFolder> {
  await requireNewFolder(path);
  const folder = new RunFolder(path);
  try {
    for (const part of [folder.artifacts, folder.checkpoints, folder.samples]) {
      await Deno.mkdir(part, { recursive: true });
    }
    for (const [file, bytes] of artifacts) await Deno.writeFile(join(folder.artifacts, file), bytes);
  } catch (error) {
    throw cannotMake(path, error);
  }
  return folder;
}

/** What the log of an earlier run says of it. */
export interface Recorded {
  /** Its first record. `config` is that of the last start: what earlier resumes changed is in it. */
  readonly run: RecordOf<"run">;
  /** Starts of the coordinator so far. */
  readonly incarnations: number;
}

/** Reads what a run was, from its log. Throws {@linkcode UserError} if the folder holds no run of this version. */
export async function readRecorded(folder: RunFolder): Promise<Recorded> {
  let run: RecordOf<"run"> | undefined;
  let incarnations = 1;
  const changed: Record<string, unknown> = {};
  for await (const record of readRun(folder.path)) {
    if (record.type === "run") run ??= record;
    if (record.type !== "resume") continue;
    incarnations = record.incarnation + 1;
    for (const [key, change] of Object.entries(record.changed)) {
      changed[key] = (change as [unknown, unknown])[1];
    }
  }
  return { run: { ...run!, config: { ...run!.config, ...changed } }, incarnations };
}
