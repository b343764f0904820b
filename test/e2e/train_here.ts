/** `deno task train` in this process: the same options, run folder and bits (test/library/train_test.ts), and no other processes. */
import { parseOptions } from "../../common/cli/cli.ts";
import { TRAIN_COMMAND } from "../../coordinator/config/options/options.ts";
import { summarize } from "../../inspect/run_folders.ts";
import { train } from "../../library/train.ts";
import type { Summary } from "../../runlog/summary/summary.ts";

/** The summary of a run as `inspect RUN --json` has it: that its process prints this is lifecycle_test.ts's. */
export async function summaryOf(folder: string): Promise<Summary> {
  return JSON.parse(JSON.stringify(await summarize(folder, Date.now()))) as Summary;
}

/** Trains to the end with one worker, or as many as `--workers` says. Paths must be absolute, and one of --out and --resume there. */
export async function trainHere(args: readonly string[]): Promise<Summary> {
  const { given: { dataset, data = dataset, ...options } } = parseOptions(TRAIN_COMMAND, args);
  await train({ ...options, ...data !== undefined && { data } });
  return await summaryOf(options.resume ?? options.out!);
}
