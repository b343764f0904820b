/** What a person could do next with a run. */
import type { Summary } from "../runlog/summary.ts";
import { count, figure } from "./numbers.ts";

export interface Advice {
  readonly text: string;
  /** A line to copy. */
  readonly line: string | null;
}

/** Beyond this many standard errors a mean is not 0 by chance. */
const STANDARD_ERRORS = 3;

/**
 * The health rule of WGAN: the estimate may dip for a step, but its mean should not stay negative, since a critic
 * that outputs a constant would do better.
 */
function health({ wasserstein_estimate: estimate, wasserstein_estimate_error: error }: Summary): Advice[] {
  if (estimate === null || error === null || estimate >= -STANDARD_ERRORS * error) return [];
  const text =
    `The Wasserstein estimate is negative (${figure(estimate)}): the critic is worse than one that ` +
    `outputs a constant. Try a smaller --lr, or more critic steps (--n-critic)`;
  return [{ text, line: null }];
}

function goOn(folder: string, summary: Summary): Advice {
  const line = `deno task train --resume ${folder}`;
  const from = summary.checkpoints.at(-1)?.step;
  switch (summary.state) {
    case "finished":
      return { text: "Train on, from where it ended:", line: `${line} --steps ${2 * summary.steps}` };
    case "running":
      return { text: "It is running; look again:", line: `deno task inspect ${folder}` };
    case "interrupted":
    case "failed":
    case "unknown":
      if (from === undefined) {
        return { text: "It has no checkpoint to go on from; start anew:", line: "deno task train" };
      }
      return { text: `Go on from step ${count(from)}, to the same bits as if it had never stopped:`, line };
  }
  summary.state satisfies never;
}

/** Advice, the most pressing first. */
export function adviceFor(folder: string, summary: Summary): Advice[] {
  const sample = summary.samples.at(-1);
  const look = sample ? [{ text: `Look at the last samples: ${folder}/${sample.file}`, line: null }] : [];
  return [...health(summary), ...look, goOn(folder, summary)];
}
