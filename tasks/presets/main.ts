/** `deno task presets`: lists the presets, and what each was measured to reach. */
import { parseOptions, runMain } from "../../common/cli/cli.ts";
import type { Command } from "../../common/cli/options.ts";
import { columnsOf } from "../../common/terminal/terminal.ts";
import { wrapLine } from "../../common/text/wrap.ts";
import { presetLines } from "./preset_table.ts";

const COMMAND: Command<Record<never, never>> = {
  name: "deno task presets",
  about:
    "Lists the presets: what each is for, how many critic steps it makes, and what it was measured to reach.",
  options: {},
  examples: [{ line: "deno task presets", about: "the presets that --preset of deno task train takes" }],
};

const NOTE = "MEASURED: critic steps of the run that TIME (on two cores) and DISTANCE belong to. DISTANCE: " +
  "sliced Wasserstein distance of samples to the data, before the first step and at the end; lower is better. " +
  "Empty: not measured. docs/results/quality.md has the commands, docs/presets.md the hyperparameters.";

function main(args: readonly string[]): void {
  parseOptions(COMMAND, args);
  const width = columnsOf(Deno.stdout);
  console.log([...presetLines(width), "", ...wrapLine(NOTE, width)].join("\n"));
}

if (import.meta.main) await runMain((args) => Promise.resolve(main(args)));
