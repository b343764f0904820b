/** Trains the runs of a sweep that are left, one after the other. */
import { join } from "node:path";
import { writeFile } from "../../common/files/write_file.ts";
import { summarize } from "../../inspect/run_folders.ts";
import { hasLog } from "../../runlog/log/segments.ts";
import { INTERRUPTED, remainingArgs } from "../train_process.ts";
import { type Cell, cellsOf, type SweepPlan } from "./plan.ts";
import { describeRun, sweepCsv, type SweptRun } from "./sweep_table.ts";

const TABLE_NAME = "table.csv";

export interface SweepSetting {
  readonly plan: SweepPlan;
  /** The folder of the sweep. */
  readonly folder: string;
  /** Trains with options of train; resolves to the exit code. */
  readonly train: (args: readonly string[]) => Promise<number>;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

async function sweptRun(cell: Cell, folder: string): Promise<SweptRun> {
  const run = join(folder, cell.folder);
  return { cell, summary: await hasLog(run) ? await summarize(run, Date.now()) : null };
}

/** Reads all runs as they are now, and writes them into `table.csv`. */
export async function writeTable(
  { plan, folder }: Pick<SweepSetting, "plan" | "folder">,
): Promise<SweptRun[]> {
  const runs = await Promise.all(cellsOf(plan).map((cell) => sweptRun(cell, folder)));
  await writeFile(join(folder, TABLE_NAME), sweepCsv(plan.axes, runs));
  return runs;
}

/**
 * Runs all that is left: a finished run is skipped, one that has begun is resumed, and one that fails does not keep the
 * others from running. Resolves to the folders of runs that failed, or to null where the sweep was interrupted.
 */
export async function runCells(sweep: SweepSetting): Promise<string[] | null> {
  const { plan, folder, train, say, signal } = sweep;
  const failed: string[] = [];
  const cells = cellsOf(plan);
  for (const [i, cell] of cells.entries()) {
    const out = join(folder, cell.folder);
    const remaining = () =>
      remainingArgs(out, [...cell.args, "--out", out], ({ state }) => state === "finished");
    const args = await remaining();
    if (signal.aborted) return null;
    const what = `Sweep, run ${i + 1} of ${cells.length}: ${cell.point}, seed ${cell.seed}`;
    say(`${what}, ${args === null ? "is finished" : args[0] === "--resume" ? "continues" : "starts"}`);
    if (args === null) continue;
    const code = await train(args);
    const runs = await writeTable(sweep);
    if (code === INTERRUPTED || signal.aborted) return null;
    if (code !== 0) {
      failed.push(cell.folder);
      say(`${what}, failed`);
      continue;
    }
    const { summary } = runs[i]!;
    // Somebody else stopped it, and it has saved.
    if (summary?.state !== "finished") return null;
    say(`${what}: ${describeRun(summary)}`);
  }
  return failed;
}
