/** Next steps that a person could take with a run. */
import { shellWord } from "../common/text/shell_word.ts";
import { lookCommands } from "../common/text/look_commands.ts";
import type { Summary } from "../runlog/summary/summary.ts";
import { isLearningRateTooHigh } from "../runlog/doctor/setting_rules.ts";
import { count } from "./numbers.ts";

export interface Advice {
  readonly text: string;
  /** A line to copy. */
  readonly line: string | null;
}

function hasStoppedLearning({ config: { decay_steps }, steps }: Summary): boolean {
  return typeof decay_steps === "number" && decay_steps > 0 && steps >= decay_steps;
}

/** True if the run ended by its own decision, before its last step. */
export function hasStoppedItself({ state, steered, steps }: Summary): boolean {
  return state === "finished" && steered.some((one) => one.rule === "stop-when-flat" && one.step === steps);
}

/** What to do with the run itself; null if it is not worth training longer. */
function goOn(folder: string, summary: Summary): Advice | null {
  const line = `deno task train --resume ${shellWord(folder)}`;
  const from = summary.checkpoints.at(-1)?.step;
  switch (summary.state) {
    case "finished":
      if (hasStoppedLearning(summary)) {
        const text =
          "The learning rate reached 0, so more steps would change nothing; to train longer, start a new run with a " +
          "larger --decay-steps";
        return { text, line: null };
      }
      if (hasStoppedItself(summary)) {
        return { text: "To continue anyway:", line: `${line} --no-early-stopping` };
      }
      if (isLearningRateTooHigh(summary)) return null;
      return {
        text: "To train longer, continue from its end:",
        line: `${line} --steps ${2 * summary.steps}`,
      };
    case "running":
      return { text: "It is running. To look again:", line: `deno task inspect ${shellWord(folder)}` };
    case "interrupted":
    case "failed":
    case "unknown":
      if (from === undefined) {
        return { text: "It has no checkpoint to resume from; start a new run:", line: "deno task train" };
      }
      return { text: `Continue from step ${count(from)}, with the same result as without a stop:`, line };
  }
  summary.state satisfies never;
}

/** Advice, the most pressing first. */
export function adviceFor(folder: string, summary: Summary): Advice[] {
  const sample = summary.samples.at(-1);
  const look = sample ? [{ text: `Look at the last samples: ${folder}/${sample.file}`, line: null }] : [];
  // A generator is written with each checkpoint.
  const commands = lookCommands(folder, summary.data.example_shape);
  const draw = summary.checkpoints.length === 0 ? [] : [
    { text: "Draw new samples:", line: commands.sample },
    ...commands.page === null ? [] : [{ text: "Make a web page that draws samples:", line: commands.page }],
  ];
  return [...look, ...draw, goOn(folder, summary)].filter((advice) => advice !== null);
}
