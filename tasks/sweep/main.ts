/** `deno task sweep`: runs of several seeds and settings, one after the other, with one table and one report. */
import { join } from "node:path";
import { parseOptions, runMain } from "../../common/cli/cli.ts";
import type { Command } from "../../common/cli/options.ts";
import { UserError } from "../../common/errors.ts";
import { readRegular } from "../../common/files/regular_file.ts";
import { writeFile } from "../../common/files/write_file.ts";
import { exitCodeOf, interruptSignal } from "../../common/process/interrupt.ts";
import { columnsOf } from "../../common/terminal/terminal.ts";
import { counted } from "../../common/text/counted.ts";
import { shellWord } from "../../common/text/shell_word.ts";
import { labelled, wrapLine } from "../../common/text/wrap.ts";
import { TRAIN_OPTIONS } from "../../coordinator/config/options/options.ts";
import { runName } from "../../coordinator/run/run_folder.ts";
import { reportPage } from "../../inspect/html/report_page.ts";
import { madeNow, reportedOf } from "../reported.ts";
import { trainInProcess } from "../train_process.ts";
import { changedPlan, parsePlan, PLAN_NAME, planSweep, type SweepPlan } from "./plan.ts";
import { runCells, writeTable } from "./run_cells.ts";
import { sweepTable } from "./sweep_table.ts";

const OPTIONS = {
  grid: {
    kind: "string",
    value: "OPTION=VALUE,VALUE…",
    repeated: true,
    about: "An option of train and the values to try; with ; between values that contain commas",
  },
  seeds: {
    kind: "string",
    value: "LIST",
    default: "1",
    about: "Seeds of each combination, e.g. 1..3 or 1,2,7",
  },
  out: {
    kind: "string",
    value: "DIR",
    default_text: "runs/ and a name with the time",
    about: "Folder for the runs, table.csv and report.html",
  },
  resume: {
    kind: "string",
    value: "DIR",
    about: "Resume the sweep in this folder; --grid and --seeds change it, e.g. to add seeds",
  },
  workers: {
    ...TRAIN_OPTIONS.workers,
    min: 1,
    about: "Local workers of each run; they share the machine's cores",
    group: "Options",
  },
} as const;

const COMMAND: Command<typeof OPTIONS> = {
  name: "deno task sweep",
  about:
    "Trains every combination of the values in --grid with every seed, one run after the other, and compares " +
    "them in a table and a report. Everything after -- is passed to deno task train. Ctrl-C stops and saves; " +
    "--resume continues (docs/sweeps.md).",
  positionals: [{ name: "-- OPTIONS", about: "Options of deno task train", repeated: true }],
  options: OPTIONS,
  examples: [
    {
      line:
        "deno task sweep --grid lr=1e-4,2e-4 --seeds 1..3 -- --preset wgan-gp --data images-idx3-ubyte.gz",
      about: "compare two learning rates, with three seeds each",
    },
    {
      line: "deno task sweep --seeds 1..5 -- --dataset 8gaussians",
      about: "show how much five seeds of one setting differ",
    },
  ],
};

/** Pictures of each run in the report. */
const NUM_PICTURES = 8;
const REPORT_NAME = "report.html";

type Given = ReturnType<typeof parse>;

function parse(args: readonly string[]) {
  return parseOptions(COMMAND, args);
}

function say(line: string): void {
  console.error(wrapLine(line, columnsOf(Deno.stderr)).join("\n"));
}

/** Writes the plan: a sweep that is killed has the old plan or the new one. */
async function writePlan(folder: string, plan: SweepPlan): Promise<void> {
  await writeFile(join(folder, PLAN_NAME), JSON.stringify(plan, null, 2) + "\n");
}

async function newSweep({ values, positionals }: Given): Promise<[SweepPlan, string]> {
  const { grid, seeds, out } = values;
  const plan = planSweep(grid, seeds, positionals);
  const folder = out ?? join("runs", runName("sweep", new Date()));
  const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  });
  if (names.length > 0) {
    throw new UserError(
      `Cannot sweep in ${folder}: the folder must be empty or new; name another with --out, or continue with ` +
        `--resume ${shellWord(folder)}`,
    );
  }
  await writePlan(folder, plan);
  return [plan, folder];
}

async function resumedSweep(folder: string, { given, positionals }: Given): Promise<[SweepPlan, string]> {
  if (given.out !== undefined || positionals.length > 0) {
    const found = given.out !== undefined ? "--out" : JSON.stringify(positionals[0]);
    throw new UserError(
      `Cannot change a sweep that is resumed: only --grid, --seeds and --workers may be given, found ${found}`,
    );
  }
  const path = join(folder, PLAN_NAME);
  const bytes = await readRegular(path).catch((error: Error) => {
    throw new UserError(`Cannot resume the sweep: ${path} must be readable, found ${error.message}`);
  });
  const plan = parsePlan(new TextDecoder().decode(bytes), path);
  const changed = changedPlan(plan, given.grid ?? [], given.seeds);
  await writePlan(folder, changed);
  return [changed, folder];
}

/** What the report says of the sweep, in sentences. */
function describePlan({ axes, seeds, train }: SweepPlan): string[] {
  const varied = axes.map(({ name, values }) => `${name} ${values.join(", ")}`);
  return [
    `${counted(seeds.length, "seed")}: ${seeds.join(", ")}.`,
    ...varied.length === 0 ? [] : [`Values tried: ${varied.join("; ")}.`],
    `All runs: deno task train ${train.map(shellWord).join(" ")}`.trimEnd() + ".",
  ];
}

/** Prints the table and writes the report; resolves to its path, or null where there is no run. */
async function report(plan: SweepPlan, folder: string): Promise<string | null> {
  const runs = await writeTable({ plan, folder });
  console.error(sweepTable(runs, columnsOf(Deno.stderr)).join("\n"));
  const reported = [];
  for (const { cell, summary } of runs) {
    if (summary === null) continue;
    reported.push(await reportedOf(join(folder, cell.folder), cell.folder, NUM_PICTURES));
  }
  if (reported.length === 0) return null;
  const page = reportPage(reported, { made: madeNow(), title: "Sweep", about: describePlan(plan) });
  return await writeFile(join(folder, REPORT_NAME), page);
}

function tellToResume(label: string, folder: string): void {
  const command = `deno task sweep --resume ${shellWord(folder)}`;
  console.error(labelled(label, command, columnsOf(Deno.stderr)).join("\n"));
}

async function sweep(args: readonly string[]): Promise<number> {
  const given = parse(args);
  const { resume, workers } = given.values;
  const [plan, folder] = resume === undefined ? await newSweep(given) : await resumedSweep(resume, given);
  const { signal } = interruptSignal(() => {});
  const train = (args: readonly string[]) => trainInProcess([...args, "--workers", String(workers)], signal);
  const failed = await runCells({ plan, folder, train, say, signal });
  if (failed === null) {
    const runs = await writeTable({ plan, folder });
    console.error(sweepTable(runs, columnsOf(Deno.stderr)).join("\n"));
    tellToResume("The sweep stopped and is saved. To continue it:", folder);
    return exitCodeOf(signal);
  }
  const page = await report(plan, folder);
  if (failed.length > 0) tellToResume(`These runs failed: ${failed.join(", ")}. To try them again:`, folder);
  if (page !== null) console.log(page);
  return failed.length === 0 ? 0 : 1;
}

if (import.meta.main) await runMain(sweep, { own_signals: true });
