/** What came of a run on the cluster, beside the same run on this machine alone. */
import { compareSteps } from "../compare_steps.ts";
import { summarize } from "../../inspect/run_folders.ts";
import { readRun } from "../../runlog/log/reader.ts";

export interface Outcome {
  /** Pods that were made, and containers that were started again in one. */
  readonly pods: number;
  readonly made_again: number;
  /** Longest pause between two steps, in seconds. */
  readonly pause_s: number;
  /** True if every step has the same weights as the local run's. */
  readonly same: boolean;
  /** Where the workers' token is seen. */
  readonly leaks: readonly string[];
}

/** Compares a run with the local one, step by step. */
export async function compareRuns(
  { local, steps }: { readonly local: string; readonly steps: number },
  run: string,
): Promise<Pick<Outcome, "made_again" | "pause_s" | "same">> {
  const compared = await compareSteps(local, run);
  const [expected, found] = await Promise.all([local, run].map((folder) => summarize(folder, Date.now())));
  return {
    made_again: compared.made_again,
    pause_s: await longestPause(run),
    same: found!.state === "finished" && found!.weights_sha256 === expected!.weights_sha256 &&
      compared.steps === steps && compared.differing.length === 0,
  };
}

/** Over the starts of a run, whose records count time from each start. */
async function longestPause(run: string): Promise<number> {
  let last_ms: number | null = null, longest_ms = 0, began_ms = 0;
  for await (const record of readRun(run)) {
    if (record.type === "run") began_ms = Date.parse(record.created);
    if (record.type === "resume") began_ms = Date.parse(record.time);
    if (record.type !== "step") continue;
    const now_ms = began_ms + record.time_ms;
    if (last_ms !== null) longest_ms = Math.max(longest_ms, now_ms - last_ms);
    last_ms = now_ms;
  }
  return longest_ms / 1000;
}
