/** `deno task compare-presets`: several presets on one data set, each a run of its own, and one report on all. */
import { exists } from "../common/files/exists.ts";
import { join } from "node:path";
import { parseOptions, runMain } from "../common/cli/cli.ts";
import { UserError } from "../common/errors.ts";
import { exitCodeOf, interruptSignal } from "../common/process/interrupt.ts";
import type { Command } from "../common/cli/options.ts";
import { columnsOf } from "../common/terminal/terminal.ts";
import { shellWord } from "../common/text/shell_word.ts";
import { counted } from "../common/text/counted.ts";
import { labelled, wrapLine } from "../common/text/wrap.ts";
import { readRegular } from "../common/files/regular_file.ts";
import { UNWATCHED } from "../coordinator/data/data_source.ts";
import { openDataSource } from "../coordinator/data/resolve.ts";
import { runName } from "../coordinator/run/run_folder.ts";
import { TRAIN_OPTIONS } from "../coordinator/config/options/options.ts";
import { reportPage } from "../inspect/html/report_page.ts";
import { LOG_NAME } from "../runlog/records.ts";
import type { Summary } from "../runlog/summary/summary.ts";
import {
  type Comparison,
  describeComparison,
  type Entrant,
  entrantArgs,
  labelsFor,
  parseComparison,
  PLAN_NAME,
  planComparison,
} from "./compare_presets/comparison_plan.ts";
import { madeNow, reportedOf } from "./reported.ts";
import { verdictTable } from "./compare_presets/verdict_table.ts";
import { INTERRUPTED, remainingArgs, trainInProcess } from "./train_process.ts";
import { writeFile } from "../common/files/write_file.ts";

const OPTIONS = {
  data: TRAIN_OPTIONS.data,
  dataset: TRAIN_OPTIONS.dataset,
  image_size: TRAIN_OPTIONS.image_size,
  channels: TRAIN_OPTIONS.channels,
  fit: TRAIN_OPTIONS.fit,
  on_bad_item: TRAIN_OPTIONS.on_bad_item,
  layout: TRAIN_OPTIONS.layout,
  categories: TRAIN_OPTIONS.categories,
  scale: TRAIN_OPTIONS.scale,
  presets: {
    kind: "string",
    value: "NAME,NAME…",
    default_text: "gan,dcgan,wgan,wgan-gp; for points toy-gan,toy-wgan,toy-wgan-gp",
    about: "Presets to train, as in deno task train --help",
    group: "What to train",
  },
  seed: { ...TRAIN_OPTIONS.seed, default: 1 },
  examples: {
    kind: "number",
    integer: true,
    min: 1,
    max: 1e12,
    default: 128_000,
    unit: "examples",
    about: "Budget: real examples shown to each critic (steps times batch)",
    group: "What to train",
  },
  batch: TRAIN_OPTIONS.batch,
  out: {
    kind: "string",
    value: "DIR",
    default_text: "runs/ and a name with the time",
    about: "Folder for the runs and report.html",
  },
  resume: { kind: "string", value: "DIR", about: "Resume the comparison in this folder" },
  workers: {
    ...TRAIN_OPTIONS.workers,
    min: 1,
    about: "Local workers to start; they share the machine's cores",
  },
} as const;

const COMMAND: Command<typeof OPTIONS> = {
  name: "deno task compare-presets",
  about:
    "Trains several presets on the same data with the same seed and budget, one after the other, and writes " +
    "one report about all of them. Ctrl-C stops and saves; --resume continues.",
  options: OPTIONS,
  examples: [
    {
      line: "deno task compare-presets --data images-idx3-ubyte.gz",
      about: "GAN, DCGAN, WGAN and WGAN-GP on your images",
    },
    { line: "deno task compare-presets --presets wgan,wgan-gp", about: "two presets on the drawn letters" },
  ],
};

const NUM_PICTURES = 24;

async function writePlan(folder: string, comparison: Comparison): Promise<void> {
  const path = join(folder, PLAN_NAME);
  try {
    await Deno.mkdir(folder, { recursive: true });
    for await (const _ of Deno.readDir(folder)) {
      throw new UserError(
        `Cannot compare presets in ${folder}: the folder must be empty or new; name another with --out, or continue ` +
          `with --resume ${shellWord(folder)}`,
      );
    }
    await Deno.writeTextFile(`${path}.part`, JSON.stringify(comparison, null, 2) + "\n");
    await Deno.rename(`${path}.part`, path);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      `Cannot compare presets in ${folder}: it must be a new or empty folder on a disk with free space, found ` +
        (error as Error).message,
    );
  }
}

async function readPlan(folder: string): Promise<Comparison> {
  const path = join(folder, PLAN_NAME);
  const bytes = await readRegular(path).catch((error: Error) => {
    throw new UserError(`Cannot continue the comparison: ${path} must be readable, found ${error.message}`);
  });
  return parseComparison(new TextDecoder().decode(bytes), path);
}

/** Arguments of `train` for an entrant's run into `out`; null if it is done. */
function argsFor(comparison: Comparison, entrant: Entrant, out: string): Promise<readonly string[] | null> {
  const isDone = ({ checkpoints }: Summary) => (checkpoints.at(-1)?.step ?? 0) >= entrant.steps;
  return remainingArgs(out, entrantArgs(comparison, entrant, out), isDone);
}

/** Runs all that is left; resolves to the presets that failed, or to null where it was interrupted. */
async function runAll(
  comparison: Comparison,
  folder: string,
  workers: number,
  signal: AbortSignal,
): Promise<string[] | null> {
  const failed: string[] = [];
  for (const [i, entrant] of comparison.entrants.entries()) {
    const { preset, steps } = entrant;
    const args = await argsFor(comparison, entrant, join(folder, preset));
    if (signal.aborted) return null;
    const what = args === null
      ? "done already"
      : args[0] === "--resume"
      ? "going on"
      : counted(steps, "critic step");
    const line = `Comparison, ${i + 1} of ${comparison.entrants.length}: ${preset}, ${what}`;
    console.error(wrapLine(line, columnsOf(Deno.stderr)).join("\n"));
    if (args === null) continue;
    const code = await trainInProcess([...args, "--workers", String(workers)], signal);
    if (code === INTERRUPTED || signal.aborted) return null;
    if (code !== 0) failed.push(preset);
    // It was asked to leave by somebody else, and has saved.
    else if (await argsFor(comparison, entrant, join(folder, preset)) !== null) return null;
  }
  return failed;
}

/** Writes the report, and says on the terminal how each did; resolves to the page's path. */
async function report(comparison: Comparison, folder: string): Promise<string | null> {
  const reported = [];
  for (const { preset } of comparison.entrants) {
    const run = join(folder, preset);
    if (await exists(join(run, LOG_NAME))) reported.push(await reportedOf(run, preset, NUM_PICTURES));
  }
  if (reported.length === 0) return null;
  console.error(verdictTable(reported, columnsOf(Deno.stderr)).join("\n"));
  const out = join(folder, "report.html");
  const title = `Comparison on ${comparison.data_name}`;
  await writeFile(
    out,
    reportPage(reported, { made: madeNow(), title, about: describeComparison(comparison) }),
  );
  return out;
}

function channelsOf(given: number | undefined): 1 | 3 | null {
  if (given === undefined || given === 1 || given === 3) return given ?? null;
  throw new UserError(`Option --channels must be 1 (grey) or 3 (colour): found ${given}`);
}

async function newComparison(values: ReturnType<typeof parse>["values"]): Promise<[Comparison, string]> {
  const { data, dataset, presets, seed, examples, batch, out, image_size = null } = values;
  const channels = channelsOf(values.channels);
  const labels = labelsFor({ presets: presets ?? null });
  const { fit = null, on_bad_item = null, layout = null, categories = null, scale = null } = values;
  const bad_items = on_bad_item !== null && { on_bad_item };
  const read_as = { ...fit !== null && { fit }, ...bad_items, layout, categories };
  const source = await openDataSource(
    { data, labels, dataset, seed, image_size, channels, ...read_as },
    UNWATCHED,
  );
  const choice = {
    data: data ?? null,
    dataset: data === undefined ? dataset ?? "strokes" : null,
    image_size,
    channels,
    ...fit !== null && { fit },
    ...bad_items,
    ...layout !== null && { layout },
    ...categories !== null && { categories },
    ...scale !== null && { scale },
    presets: presets ?? null,
    seed,
    examples,
    batch: batch ?? null,
  };
  const comparison = planComparison(choice, source);
  const folder = out ?? join("runs", runName("compare-presets", new Date()));
  await writePlan(folder, comparison);
  return [comparison, folder];
}

function tellToGoOn(label: string, folder: string): void {
  const command = `deno task compare-presets --resume ${shellWord(folder)}`;
  console.error(labelled(label, command, columnsOf(Deno.stderr)).join("\n"));
}

function parse(args: readonly string[]) {
  return parseOptions(COMMAND, args);
}

export async function comparePresets(args: readonly string[]): Promise<number> {
  const { values, given } = parse(args);
  const { resume, workers } = values;
  const other = Object.keys(given).find((name) => name !== "resume" && name !== "workers");
  if (resume !== undefined && other !== undefined) {
    throw new UserError(
      `Cannot change a comparison that is resumed: with --resume only --workers may be given, found --${
        other.replaceAll("_", "-")
      }`,
    );
  }
  const [comparison, folder] = resume === undefined
    ? await newComparison(values)
    : [await readPlan(resume), resume];
  const { signal } = interruptSignal(() => {});
  const failed = await runAll(comparison, folder, workers, signal);
  if (failed === null) {
    tellToGoOn("The comparison stopped and is saved. To continue it:", folder);
    return exitCodeOf(signal);
  }
  const page = await report(comparison, folder);
  if (failed.length > 0) {
    tellToGoOn(`These presets failed: ${failed.join(", ")}. To train them again:`, folder);
  }
  if (page !== null) console.log(page);
  return failed.length === 0 ? 0 : 1;
}

if (import.meta.main) await runMain(comparePresets, { own_signals: true });
