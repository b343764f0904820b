/** The last words of a run: what came out, where it lies, what to try next. */
import { UserError } from "../../common/errors.ts";
import { cleanLine } from "../../common/text/foreign_text.ts";
import { shellWord } from "../../common/text/shell_word.ts";
import { exitCodeOf } from "../../common/process/interrupt.ts";
import type { Screen } from "../../common/terminal/screen.ts";
import { lookCommands } from "../../common/text/look_commands.ts";
import { wrapLine } from "../../common/text/wrap.ts";
import { shortDuration } from "../../common/text/duration.ts";
import type { Finding } from "../../runlog/doctor/rule.ts";
import { type RunVerdict, verdictLine } from "../../runlog/doctor/verdict.ts";
import type { RecordOf } from "../../runlog/records.ts";
import type { Console } from "../terminal/console.ts";
import { NoStepsLeft } from "./prepare.ts";
import { RunFolder } from "./run_folder.ts";

/** Answers Ctrl-C. `terminal`: null while the run is not open yet. */
export function sayStopping(terminal: Pick<Console, "line"> | null, screen: Screen): void {
  const text = "Stopping after this step, then saving; press Ctrl-C again to stop at once";
  // What the terminal echoes (^C) stands in the status line, or on a line of its own.
  if (terminal) terminal.line(text);
  else screen.write(`\n${text}\n`);
}

/** Prints the last words: `commands` are for copying, and not broken. */
export function printLastWords(screen: Screen, lines: readonly string[], commands: readonly string[]): void {
  const wrapped = lines.flatMap((line) => wrapLine(cleanLine(line), screen.columns()));
  screen.write(
    [...wrapped, ...commands.map((command) => `  ${cleanLine(command)}`)].map((line) => `${line}\n`).join(""),
  );
}

/** Of a run that is complete, `--auto-resume` has nothing to resume: says so. Any other error is thrown again. */
export function unlessComplete(auto_resume: boolean, screen: Screen): (error: unknown) => null {
  return (error) => {
    if (!auto_resume || !(error instanceof NoStepsLeft)) throw error;
    printLastWords(screen, ["The run is complete: nothing is left to resume (--auto-resume)"], []);
    return null;
  };
}

/** What is known of a run at its end. */
export interface Ended {
  readonly record: RecordOf<"end">;
  readonly folder: string;
  /** Shape of one example. */
  readonly example_shape: readonly number[];
  /** True if more steps would change anything. */
  readonly learns_on: boolean;
  readonly diagnosis: {
    readonly verdict: RunVerdict;
    /** Says that its weights are those that were published, if they are. */
    readonly published: string | null;
    readonly findings: readonly Finding[];
  };
  /** The error that stopped it, if any. */
  readonly error: unknown;
}

/**
 * Closing lines, commands to try next, and the exit code. Throws the error that stopped the run, if it failed. `task`: how it was
 * started; `stop`: what may have asked it to stop.
 */
export function describeEnding(
  { record, folder, example_shape, learns_on, diagnosis, error }: Ended,
  task: "train" | "coordinator",
  stop: Pick<AbortSignal, "reason">,
): { lines: string[]; commands: string[]; exit_code: number } {
  if (error instanceof UserError) {
    throw new UserError(`${error.message}. Run folder: ${folder}`, { cause: error });
  }
  if (error !== null) throw error;
  const { step, seconds, images_per_second, weights_sha256, averaged_sha256, bits } = record;
  const { verdict, published, findings } = diagnosis;
  const doomed = findings.some(({ code, grade }) => code === "learning-rate-too-high" && grade === "fault");
  const rate = Math.round(images_per_second);
  const finished = record.reason === "finished";
  const head =
    `${finished ? "Finished" : "Stopped and saved"} at step ${step.toLocaleString("en-US")} after ` +
    shortDuration(seconds) + (rate === 0 ? "" : ` (${rate.toLocaleString("en-US")} images/s)`);
  // Said only where the run decided it itself.
  const flat = finished && record.detail !== "";
  const longer = flat ? " --no-early-stopping" : finished ? ` --steps ${2 * step}` : "";
  const lines = [
    head,
    ...flat ? [record.detail] : [],
    verdictLine(verdict),
    ...verdict.advice === null ? [] : [`What to do: ${verdict.advice}`],
    `Weights SHA-256 ${weights_sha256} (${bits})`,
    ...averaged_sha256 === undefined ? [] : [`Averaged generator SHA-256 ${averaged_sha256}`],
    ...published === null ? [] : [published],
    `Run folder ${folder}:`,
    ...new RunFolder(folder).contents().map((line) => `  ${line}`),
    ...finished && !learns_on
      ? ["The learning rate reached 0; to train longer, start a new run with a larger --decay-steps"]
      : [],
    "Try next:",
  ];
  const word = shellWord(folder);
  const resume = finished && (!learns_on || doomed) ? [] : [`deno task ${task} --resume ${word}${longer}`];
  const { sample, page } = lookCommands(folder, example_shape);
  const look = finished ? [`deno task report ${word}`, sample, ...page === null ? [] : [page]] : [];
  const commands = [`deno task inspect ${word}`, ...look, ...resume];
  return { lines, commands, exit_code: finished ? 0 : exitCodeOf(stop) };
}
