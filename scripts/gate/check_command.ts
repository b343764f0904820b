/** The command lines of checks, and of builds that can be checked. */
import { parseOptions, runMain } from "../../common/cli/cli.ts";
import type { Command } from "../../common/cli/options.ts";

/** Runs a check that takes no options: prints its faults, a line each, and ends with exit code 1 if there are any. */
export async function runCheck(
  task: string,
  about: string,
  check: () => readonly string[] | Promise<readonly string[]>,
): Promise<void> {
  const name = `deno task ${task}`;
  const examples = [{ line: name, about: "a line for each fault; exit code 1 if there are any" }];
  await runMain(async (args) => {
    parseOptions({ name, about, options: {}, examples }, args);
    return complainOf(await check());
  });
}

/** Prints faults to standard error. Returns the exit code. */
export function complainOf(faults: readonly string[]): number {
  for (const fault of faults) console.error(fault);
  return faults.length > 0 ? 1 : 0;
}

/** True if a task that builds files is only to check them; the task `check:TASK` gives it `--check`. */
export function isCheckOnly(task: string, about: string, args: readonly string[]): boolean {
  const options = {
    check: { kind: "boolean", about: "Write nothing, and say whether all files are up to date" },
  } as const;
  const name = args[0] === "--check" ? `deno task check:${task}` : `deno task ${task}`;
  const examples = [{
    line: `deno task check:${task}`,
    about: "exit code 1 if the committed files differ from a new build",
  }];
  const command: Command<typeof options> = { name, about, options, examples };
  return parseOptions(command, args).values.check;
}
