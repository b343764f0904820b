/** Settings that a person gave, on the command line and in the `--config` file. */
import { UserError } from "../../common/errors.ts";
import { complain } from "../../common/cli/cli.ts";
import { checkOptions, type Given } from "../../common/cli/options.ts";
import { withNewNames } from "../../common/cli/renamed_options.ts";
import { readNamedSync } from "../../common/files/named_file.ts";
import { cleanText } from "../../common/text/foreign_text.ts";
import type { GivenConfig } from "./config.ts";
import { recordedName } from "../../runlog/recorded_options.ts";
import { RUN_OPTIONS } from "./options/run_options.ts";

type RunGiven = Given<typeof RUN_OPTIONS>;

/**
 * Of all that was given, what belongs to the configuration of the run, under the names that the log has; the `--config`
 * file fills the gaps. `tell` gets a line for each key of the file that has a new name.
 */
export function givenConfig(
  given: RunGiven & { readonly config?: string },
  tell: (line: string) => void = complain,
): GivenConfig {
  const from_file = given.config === undefined ? {} : readConfig(given.config, tell);
  const from_line = Object.fromEntries(
    Object.entries(given).filter(([name]) => Object.hasOwn(RUN_OPTIONS, name)),
  );
  // A length on the command line replaces either kind of length in the file, and a source either kind of source,
  // and shards either way to set them.
  for (const pair of [["steps", "epochs"], ["dataset", "data"], ["shards", "for_workers"]] as const) {
    if (pair.some((name) => name in from_line)) { for (const name of pair) delete from_file[name]; }
  }
  const merged = { ...from_file, ...from_line } as RunGiven;
  if (merged.steps !== undefined && merged.epochs !== undefined) {
    throw new UserError(
      "Cannot set the length of the run: one of --steps and --epochs is required, found both; leave one out",
    );
  }
  if ((merged.channels as number | undefined) === 2) {
    throw new UserError("Option --channels must be 1 (grey) or 3 (colour): found 2");
  }
  return Object.fromEntries(
    Object.entries(merged).map(([name, value]) => [recordedName(name), value]),
  ) as GivenConfig;
}

function readConfig(path: string, tell: (line: string) => void): Record<string, unknown> {
  const where = `configuration file ${path}`;
  let text: string;
  try {
    text = readNamedSync(path).text;
  } catch (error) {
    throw new UserError(
      `Cannot read ${where}: a readable file is required, found ${(error as Error).message}; check --config`,
    );
  }
  try {
    const source: unknown = JSON.parse(text);
    const is_object = typeof source === "object" && source !== null && !Array.isArray(source);
    const keys = is_object
      ? withNewNames(RUN_OPTIONS, source as Record<string, unknown>, where, tell)
      : source;
    return { ...checkOptions(RUN_OPTIONS, keys, where) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new UserError(`Cannot read ${where}: it must be JSON, found ${cleanText(error.message)}`);
  }
}
