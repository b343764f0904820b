/** A whole run of `deno task train`, as people start it, and what its log tells. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readRun } from "../runlog/log/reader.ts";
import type { BenchContext } from "./context.ts";
import { type RunTimings, runTimings } from "./report/run_timings.ts";

/** Options by name in snake_case, as a command line has them. */
export function optionArgs(options: Readonly<Record<string, string | number>>): string[] {
  return Object.entries(options).flatMap((
    [name, value],
  ) => [`--${name.replaceAll("_", "-")}`, String(value)]);
}

export interface RunSetup {
  readonly workers: number;
  readonly shards: number;
}

/**
 * Trains in processes of their own; returns the run folder. `setup`: more options of train, by their names. Throws with
 * what the command said where it fails.
 */
export async function trainingFolder(
  setup: Readonly<Record<string, string | number>>,
  context: BenchContext,
): Promise<string> {
  const folder = join(await Deno.makeTempDir({ dir: context.scratch, prefix: "run-" }), "run");
  const options = {
    preset: "wgan",
    data: context.data_file,
    steps: context.steps,
    out: folder,
    ...setup,
  };
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "train", ...optionArgs(options)],
    cwd: fileURLToPath(new URL("../", import.meta.url)),
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`Training failed: ${new TextDecoder().decode(stderr).trim()}`);
  return folder;
}

/** What the log of such a run tells. */
export async function trainingRun(setup: RunSetup, context: BenchContext): Promise<RunTimings> {
  return await runTimings(readRun(await trainingFolder({ ...setup }, context)), context.warmup_steps);
}
