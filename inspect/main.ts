/** `deno task inspect`: lists the runs, or sums one up. */
import { type Parsed, parseOptions, runMain } from "../common/cli.ts";
import type { Command } from "../common/options.ts";
import { examine } from "../runlog/doctor/doctor.ts";
import { findRun, noteworthyFiles, runNames, summarize, summarizeAll } from "./run_folders.ts";
import { runReport } from "./run_report.ts";
import { runTable } from "./run_table.ts";
import { type Terminal, terminalOf } from "./terminal.ts";

const OPTIONS = {
  json: {
    kind: "boolean",
    about: "Prints one JSON object on standard output, and nothing else there",
  },
  runs: { kind: "string", value: "DIR", default: "runs", about: "The folder that holds the runs" },
  last: {
    kind: "number",
    integer: true,
    min: 1,
    default: 20,
    unit: "runs",
    about: "How many runs the list shows, the newest",
  },
} as const;

const COMMAND: Command<typeof OPTIONS> = {
  name: "deno task inspect",
  about:
    "Lists the runs, the newest last, or sums one up: what it is, how far it is, what it learned, where " +
    "its time went. It only reads, and can be used while a run goes on.",
  positionals: [
    {
      name: "RUN",
      about: 'A run folder, the name of one in the folder of runs, or "latest". None: lists the runs',
    },
  ],
  options: OPTIONS,
  examples: [
    { line: "deno task inspect", about: "lists the runs" },
    { line: "deno task inspect latest", about: "sums up the newest run" },
    { line: "deno task inspect latest --json", about: "the same for a program" },
  ],
};

function thisTerminal(): Terminal {
  const is_terminal = Deno.stdout.isTerminal();
  const columns = is_terminal ? Deno.consoleSize().columns : null;
  return terminalOf({ env: Deno.env.toObject(), is_terminal, columns, os: Deno.build.os });
}

function print(lines: readonly string[]): void {
  console.log(lines.join("\n"));
}

async function listRuns(
  { runs, json, last }: Parsed<typeof OPTIONS>["values"],
  now_ms: number,
): Promise<void> {
  const names = await runNames(runs);
  const listed = await summarizeAll(runs, names.slice(-last), now_ms);
  if (json) return console.log(JSON.stringify({ runs: listed }, null, 2));
  if (names.length === 0) return print([`No runs in ${runs} yet. This makes the first: deno task train`]);
  const hidden = names.length - listed.length;
  const newest = listed.findLast(({ summary }) => summary);
  print([
    ...runTable(listed, now_ms, thisTerminal()),
    "",
    ...hidden > 0 ? [`${hidden} older not shown: deno task inspect --last ${names.length}`] : [],
    ...newest
      ? [`More on one: deno task inspect ${runs === OPTIONS.runs.default ? "" : `${runs}/`}${newest.name}`]
      : [],
  ]);
}

async function inspectRun(
  wanted: string,
  { runs, json }: Parsed<typeof OPTIONS>["values"],
  now_ms: number,
): Promise<void> {
  const folder = await findRun(wanted, runs);
  const summary = await summarize(folder, now_ms);
  const findings = examine(summary);
  if (json) return console.log(JSON.stringify({ folder, ...summary, findings }, null, 2));
  const files = await noteworthyFiles(folder, summary);
  print(runReport({ folder, summary, findings, files }, thisTerminal()));
}

async function main(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseOptions(COMMAND, args);
  const now_ms = Date.now();
  const wanted = positionals[0];
  await (wanted === undefined ? listRuns(values, now_ms) : inspectRun(wanted, values, now_ms));
}

if (import.meta.main) await runMain(main);
