/** `deno task inspect`: lists runs, summarises or watches one, or compares several. */
import { basename } from "node:path";
import { type Parsed, parseOptions, runMain } from "../common/cli/cli.ts";
import { UserError } from "../common/errors.ts";
import { cleanStyled } from "../common/text/foreign_text.ts";
import { runTitle } from "../common/text/run_title.ts";
import { shellWord } from "../common/text/shell_word.ts";
import { interruptSignal } from "../common/process/interrupt.ts";
import type { Command } from "../common/cli/options.ts";
import { bestSample } from "../runlog/summary/best_sample.ts";
import { examine } from "../runlog/doctor/doctor.ts";
import { verdictOf } from "../runlog/doctor/verdict.ts";
import type { Summary } from "../runlog/summary/summary.ts";
import { configFile } from "./config_file.ts";
import { comparison, differences } from "./compare.ts";
import { follow, statusLine } from "./follow.ts";
import { noteworthyFiles, summarize, summarizeAll } from "./run_folders.ts";
import { findRun, runNames } from "../runlog/log/find_run.ts";
import { runReport } from "./run_report.ts";
import { runTable } from "./run_table.ts";
import { AlternateScreen } from "./alternate_screen.ts";
import { screenOf, terminalVariables, writeTo } from "../common/terminal/screen.ts";
import { counted } from "../common/text/counted.ts";
import { labelled } from "../common/text/wrap.ts";
import { columnsOf, type Terminal, terminalOf } from "../common/terminal/terminal.ts";

const OPTIONS = {
  json: {
    kind: "boolean",
    about: "Print one JSON object on standard output, and nothing else",
  },
  config: {
    kind: "boolean",
    about: "Print the settings of the run as JSON; deno task train --config FILE repeats it, bit for bit",
  },
  follow: { kind: "boolean", about: "Watch a run until it ends, or until Ctrl-C" },
  every: {
    kind: "number",
    min: 0.1,
    default: 2,
    unit: "seconds",
    about: "Time between updates of --follow",
  },
  runs: { kind: "string", value: "DIR", default: "runs", about: "The folder of runs" },
  last: {
    kind: "number",
    integer: true,
    min: 1,
    default: 20,
    unit: "runs",
    about: "Newest runs to list",
  },
} as const;

const COMMAND: Command<typeof OPTIONS> = {
  name: "deno task inspect",
  about:
    "Lists the runs, newest last, or summarises one: settings, progress, quality, the doctor's findings, " +
    "times. It only reads, so you can use it while a run trains.",
  positionals: [
    {
      name: "RUN",
      about: 'A run: its folder, its name in the folder of runs, or "latest". Without one: list the runs. ' +
        'With "compare" before two or more: show the differences in configuration and curves',
      repeated: true,
    },
  ],
  options: OPTIONS,
  examples: [
    { line: "deno task inspect", about: "list the runs" },
    { line: "deno task inspect latest", about: "summarise the newest run" },
    { line: "deno task inspect latest --json", about: "print the summary for a program" },
    { line: "deno task inspect latest --follow", about: "watch it" },
    {
      line: "deno task inspect latest --config > run.json",
      about: "then: deno task train --config run.json",
    },
    { line: "deno task inspect compare RUN-A RUN-B", about: "compare two runs" },
  ],
};

function thisTerminal(): Terminal {
  const is_terminal = Deno.stdout.isTerminal();
  const columns = columnsOf(Deno.stdout);
  return terminalOf({ env: terminalVariables(), is_terminal, columns, os: Deno.build.os });
}

function print(lines: readonly string[]): void {
  console.log(lines.map(cleanStyled).join("\n"));
}

async function listRuns(
  { runs, json, last }: Parsed<typeof OPTIONS>["values"],
  now_ms: number,
): Promise<void> {
  const names = await runNames(runs);
  const listed = await summarizeAll(runs, names.slice(-last), now_ms);
  if (json) return console.log(JSON.stringify({ runs: listed }, null, 2));
  const terminal = thisTerminal();
  if (names.length === 0) {
    return print(
      labelled(`No runs in ${runs} yet. This makes the first:`, "deno task train", terminal.width),
    );
  }
  const hidden = names.length - listed.length;
  const newest = listed.findLast(({ summary }) => summary);
  const folder = runs === OPTIONS.runs.default ? "" : `${runs}/`;
  print([
    ...runTable(listed, now_ms, terminal),
    "",
    ...hidden > 0
      ? labelled(
        `${counted(hidden, "older run")} not shown:`,
        `deno task inspect --last ${names.length}`,
        terminal.width,
      )
      : [],
    ...newest
      ? labelled("Details of one:", `deno task inspect ${shellWord(folder + newest.name)}`, terminal.width)
      : [],
  ]);
}

async function inspectRun(
  wanted: string,
  { runs, json, config }: Parsed<typeof OPTIONS>["values"],
  now_ms: number,
): Promise<void> {
  const folder = await findRun(wanted, runs);
  const summary = await summarize(folder, now_ms);
  if (config) return console.log(JSON.stringify(configFile(summary), null, 2));
  const findings = examine(summary);
  if (json) {
    const best_sample = bestSample(summary);
    const verdict = verdictOf(summary, findings);
    return console.log(JSON.stringify({ folder, verdict, ...summary, best_sample, findings }, null, 2));
  }
  const files = await noteworthyFiles(folder, summary);
  print(runReport({ folder, summary, findings, files }, thisTerminal()));
}

async function followRun(wanted: string, { runs, every }: Parsed<typeof OPTIONS>["values"]): Promise<void> {
  const folder = await findRun(wanted, runs);
  const { interactive, write } = screenOf(Deno.stdout, writeTo(Deno.stdout));
  const { signal } = interruptSignal(() => {});
  using screen = new AlternateScreen(write, Deno.consoleSize);
  const show = (summary: Summary) => {
    if (!interactive) return print([statusLine(summary)]);
    // The page of a run that does not go on stays, on the first screen.
    if (summary.state !== "running") return;
    screen.show(runReport({ folder, summary, findings: examine(summary), files: [] }, thisTerminal()));
  };
  const again = () =>
    new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(true), 1000 * every);
      signal.addEventListener("abort", () => {
        clearTimeout(timer);
        resolve(false);
      }, { once: true });
    });
  const last = await follow(folder, { now_ms: Date.now, again, show });
  if (!interactive) return;
  const files = await noteworthyFiles(folder, last);
  screen[Symbol.dispose]();
  print(runReport({ folder, summary: last, findings: examine(last), files }, thisTerminal()));
}

async function compareRuns(
  wanted: readonly string[],
  { runs, json }: Parsed<typeof OPTIONS>["values"],
  now_ms: number,
): Promise<void> {
  if (wanted.length < 2) {
    throw new UserError(`Cannot compare: two runs or more are required, found ${wanted.length}; name them`);
  }
  const folders = await Promise.all(wanted.map((name) => findRun(name, runs)));
  const distinct = new Set(folders.map((folder) => basename(folder))).size === folders.length;
  const compared = [];
  for (const folder of folders) {
    const name = distinct ? basename(folder) : folder;
    const summary = await summarize(folder, now_ms);
    compared.push({ name: runTitle(name, summary.name), folder, summary });
  }
  if (!json) return print(comparison(compared, thisTerminal()));
  const all = compared.map(({ folder, summary }) => {
    const findings = examine(summary);
    return { folder, verdict: verdictOf(summary, findings), ...summary, findings };
  });
  const differing = Object.fromEntries(differences(compared.map(({ summary }) => summary)));
  console.log(JSON.stringify({ differences: differing, runs: all }, null, 2));
}

async function main(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseOptions(COMMAND, args);
  const now_ms = Date.now();
  const [wanted, ...more] = positionals;
  if (wanted === "compare") return await compareRuns(more, values, now_ms);
  if (more.length > 0) {
    throw new UserError(`Unexpected argument ${JSON.stringify(more[0])}: see deno task inspect --help`);
  }
  if (wanted === undefined) {
    for (const option of ["follow", "config"] as const) {
      if (values[option]) throw new UserError(`Option --${option} needs a run: name one, or latest`);
    }
    return await listRuns(values, now_ms);
  }
  await (values.follow ? followRun(wanted, values) : inspectRun(wanted, values, now_ms));
}

if (import.meta.main) await runMain(main);
