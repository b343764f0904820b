/** Runs of `deno task train` in processes of their own, for the tasks that train several. */
import { join } from "node:path";
import { summarize } from "../inspect/run_folders.ts";
import { LOG_NAME } from "../runlog/records.ts";
import type { Summary } from "../runlog/summary/summary.ts";
import { taskCommand } from "./task_command.ts";

/** Exit code of a run that Ctrl-C stopped. */
export const INTERRUPTED = 130;

/** Trains in a process of its own; resolves to its exit code. */
export async function trainInProcess(args: readonly string[], signal: AbortSignal): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), { args: [...taskCommand("train"), ...args], stdin: "null" })
    .spawn();
  // From a terminal it hears Ctrl-C itself, and counts both as one.
  const stop = () => child.kill("SIGINT");
  signal.addEventListener("abort", stop);
  try {
    return (await child.status).code;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/**
 * Arguments of `train` for the run in the folder `out`: `fresh` for a new run, `--resume` for one that has begun, null
 * for one that `isDone`. A folder without a log holds nothing yet, and is removed.
 */
export async function remainingArgs(
  out: string,
  fresh: readonly string[],
  isDone: (summary: Summary) => boolean,
): Promise<readonly string[] | null> {
  const { size } = await Deno.stat(join(out, LOG_NAME)).catch(() => ({ size: 0 }));
  if (size === 0) {
    await Deno.remove(out, { recursive: true }).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
    return fresh;
  }
  return isDone(await summarize(out, Date.now())) ? null : ["--resume", out];
}
