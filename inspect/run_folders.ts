/** Finds run folders and sums them up. */
import { UserError } from "../common/errors.ts";
import { cleanLine } from "../common/text/foreign_text.ts";
import { nearest } from "../common/nearest.ts";
import { bestSample } from "../runlog/summary/best_sample.ts";
import { foldRun } from "../runlog/log/fold_run.ts";
import { noneSkipped, readRun } from "../runlog/log/reader.ts";
import { LOG_NAME } from "../runlog/records.ts";
import { hasLog, lastWritten } from "../runlog/log/segments.ts";
import { RunFold, type Summary } from "../runlog/summary/summary.ts";
import { count, figure } from "./numbers.ts";
import type { Listed } from "./run_table.ts";

/** A coordinator whose log was not written to for this long is taken to be gone. */
const RECENT_MS = 120_000;

async function isFile(path: string): Promise<boolean> {
  return (await Deno.stat(path).catch(() => null))?.isFile ?? false;
}

/** When a run was made, ISO 8601: by its first record, or where that cannot be read by the file's time. */
async function createdOf(folder: string): Promise<string> {
  try {
    for await (const record of readRun(folder)) if (record.type === "run") return record.created;
  } catch {
    // The list says why, and shows the others.
  }
  const found = await Deno.stat(`${folder}/${LOG_NAME}`).catch(() => null);
  return (found?.mtime ?? new Date(0)).toISOString();
}

/** Names of the run folders under `runs`, by when they were made, newest last. [] if there is no such folder. */
export async function runNames(runs: string): Promise<string[]> {
  const found: { name: string; created: string }[] = [];
  try {
    for await (const { name } of Deno.readDir(runs)) {
      const folder = `${runs}/${name}`;
      if (await hasLog(folder)) found.push({ name, created: await createdOf(folder) });
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    if (error instanceof Deno.errors.NotADirectory) {
      throw new UserError(`Cannot list ${runs}: it is not a folder`);
    }
    throw error;
  }
  const key = ({ created, name }: { name: string; created: string }) => `${created} ${name}`;
  found.sort((a, b) => key(a) < key(b) ? -1 : 1);
  return found.map(({ name }) => name);
}

/**
 * The folder that a person means: a path, a name under `runs`, or "latest". Throws {@linkcode UserError} if
 * there is none.
 */
export async function findRun(wanted: string, runs: string): Promise<string> {
  for (const folder of [wanted, `${runs}/${wanted}`]) {
    if (await hasLog(folder)) return folder.replace(/(?<=.)\/+$/, "");
  }
  const names = await runNames(runs);
  const latest = names.at(-1);
  if (wanted === "latest" && latest) return `${runs}/${latest}`;
  if (wanted !== "latest" && await Deno.stat(wanted).catch(() => null)) {
    throw new UserError(`Cannot inspect ${wanted}: a run folder must hold ${LOG_NAME}, found none`);
  }
  if (!latest) throw new UserError(`Cannot find run ${wanted}: there are no runs in ${runs}`);
  const guess = nearest(wanted, names);
  const hint = guess
    ? `did you mean ${cleanLine(guess)}?`
    : `the newest is ${cleanLine(latest)}; deno task inspect lists all`;
  throw new UserError(`Cannot find run ${wanted} in ${runs}: ${hint}`);
}

/** Sums up the run in `folder`. Throws {@linkcode UserError} if its log cannot be read. */
export async function summarize(folder: string, now_ms: number): Promise<Summary> {
  const fold = new RunFold();
  const skipped = noneSkipped();
  await foldRun(folder, fold, skipped);
  return fold.summary(await isRecent(folder, now_ms), skipped);
}

/** Whether the log was written to so lately that its coordinator may well be running. */
export async function isRecent(folder: string, now_ms: number): Promise<boolean> {
  const written = await lastWritten(folder);
  return written !== null && now_ms - written.getTime() < RECENT_MS;
}

/** Sums up the runs of those names; one that cannot be read does not hide the others. */
export async function summarizeAll(
  runs: string,
  names: readonly string[],
  now_ms: number,
): Promise<Listed[]> {
  const listed: Listed[] = [];
  for (const name of names) {
    try {
      listed.push({ name, summary: await summarize(`${runs}/${name}`, now_ms), problem: null });
    } catch (error) {
      // Whatever it is: a fault of one is none of the others.
      const problem = error instanceof Error ? error.message : String(error);
      listed.push({ name, summary: null, problem });
    }
  }
  return listed;
}

/** A file that a person may want to look at. `path` is relative to the run folder. */
export interface Noteworthy {
  readonly path: string;
  readonly about: string;
}

/** The last picture of samples, and the best where that is another. */
function notablePictures(summary: Summary): Noteworthy[] {
  const last = summary.samples.at(-1);
  if (!last) return [];
  const best = bestSample(summary);
  const at = `samples at step ${count(last.step)}, the last`;
  if (!best) return [{ path: last.file, about: at }];
  const nearest = `nearest to the data of those measured (${figure(best.sliced_wasserstein)})`;
  if (best.file === last.file) return [{ path: last.file, about: `${at}, and the ${nearest}` }];
  return [
    { path: best.file, about: `samples at step ${count(best.step)}, the ${nearest}` },
    { path: last.file, about: at },
  ];
}

/** The files of the run that are there and that a person may want to look at. */
export async function noteworthyFiles(folder: string, summary: Summary): Promise<Noteworthy[]> {
  const checkpoint = summary.checkpoints.at(-1);
  const candidates: Noteworthy[] = [
    ...notablePictures(summary),
    { path: "generator.onnx", about: "the generator, for any ONNX Runtime" },
    ...checkpoint ? [{ path: checkpoint.file, about: "the last checkpoint" }] : [],
    { path: LOG_NAME, about: "the log: every step, one JSON object a line" },
  ];
  const there = await Promise.all(candidates.map(({ path }) => isFile(`${folder}/${path}`)));
  return candidates.filter((_, i) => there[i]);
}
