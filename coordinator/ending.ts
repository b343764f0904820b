/** The last words of a run: what came out, where it lies, what to try next. */
import { UserError } from "../common/errors.ts";
import { duration } from "./console.ts";
import type { Ending } from "./coordinate.ts";
import { RunFolder } from "./run_folder.ts";

/** Said when Ctrl-C was pressed. */
export const STOPPING = "\nStopping after this step, then saving; once more to leave at once\n";

/** Exit code of a run that Ctrl-C ended: 128 + SIGINT, as shells expect. */
const INTERRUPTED = 130;

/** What to print, and the exit code. Throws what stopped the run, if it failed. `task`: how it was started. */
export function describeEnding(
  { record, folder, learns_on, error }: Ending,
  task: "train" | "coordinator",
): { lines: string[]; exit_code: number } {
  if (error instanceof UserError) {
    throw new UserError(`${error.message}. Run folder: ${folder}`, { cause: error });
  }
  if (error !== null) throw error;
  const { step, seconds, images_per_second, weights_sha256, bits } = record;
  const finished = record.reason === "finished";
  const head =
    `${finished ? "Finished" : "Stopped, and saved,"} at step ${step.toLocaleString("en-US")} after ` +
    `${duration(seconds)} (${Math.round(images_per_second).toLocaleString("en-US")} images/s)`;
  // Said only where the run decided it itself.
  const flat = finished && record.detail !== "";
  const longer = flat ? " --no-stop-when-flat" : finished ? ` --steps ${2 * step}` : "";
  const lines = [
    head,
    ...flat ? [record.detail] : [],
    `Weights SHA-256 ${weights_sha256} (${bits})`,
    `Run folder ${folder}:`,
    ...new RunFolder(folder).contents().map((line) => `  ${line}`),
    "Try next:",
    `  deno task inspect ${folder}`,
    ...(finished && !learns_on ? [] : [`  deno task ${task} --resume ${folder}${longer}`]),
  ];
  return { lines, exit_code: finished ? 0 : INTERRUPTED };
}
