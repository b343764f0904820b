/** Run folders summed up. */
import { bestSample } from "../runlog/summary/best_sample.ts";
import { foldRun } from "../runlog/log/fold_run.ts";
import { noneSkipped } from "../runlog/log/reader.ts";
import { LOG_NAME } from "../runlog/records.ts";
import { lastWritten } from "../runlog/log/segments.ts";
import { RunFold, type Summary } from "../runlog/summary/summary.ts";
import { count, figure } from "./numbers.ts";
import type { Listed } from "./run_table.ts";

/** A coordinator whose log was not written to for this long is taken to be gone. */
const RECENT_MS = 120_000;

async function isFile(path: string): Promise<boolean> {
  return (await Deno.stat(path).catch(() => null))?.isFile ?? false;
}

/** Sums up the run in `folder`. Throws {@linkcode UserError} if its log cannot be read. */
export async function summarize(folder: string, now_ms: number): Promise<Summary> {
  const fold = new RunFold();
  const skipped = noneSkipped();
  await foldRun(folder, fold, skipped);
  return fold.summary(await isRecent(folder, now_ms), skipped);
}

/** True if the log was written to so lately that its coordinator may well be running. */
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
  const nearest = `closest to the data among those measured (${figure(best.sliced_wasserstein)})`;
  if (best.file === last.file) return [{ path: last.file, about: `${at}, and the ${nearest}` }];
  return [
    { path: best.file, about: `samples at step ${count(best.step)}, the ${nearest}` },
    { path: last.file, about: at },
  ];
}

/** The files of the run that are there and that a person may want to look at. */
export async function noteworthyFiles(folder: string, summary: Summary): Promise<Noteworthy[]> {
  const checkpoint = summary.checkpoints.at(-1), { best } = summary;
  const candidates: Noteworthy[] = [
    ...notablePictures(summary),
    { path: "generator.onnx", about: "the generator, for any ONNX Runtime" },
    ...best
      ? [{ path: best.generator, about: `the generator of the best checkpoint, step ${count(best.step)}` }]
      : [],
    ...checkpoint ? [{ path: checkpoint.file, about: "the last checkpoint" }] : [],
    { path: LOG_NAME, about: "the log: every step, one JSON object in each line" },
  ];
  const there = await Promise.all(candidates.map(({ path }) => isFile(`${folder}/${path}`)));
  return candidates.filter((_, i) => there[i]);
}
