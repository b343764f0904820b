/** The table of runs that `inspect` prints without an argument. */
import { cleanLine } from "../common/text/foreign_text.ts";
import { counted } from "../common/text/counted.ts";
import { runTitle } from "../common/text/run_title.ts";
import { wrap } from "../common/text/wrap.ts";
import type { Summary } from "../runlog/summary/summary.ts";
import type { RunState } from "../runlog/summary/summary_parts.ts";
import { type Column, fitsInto, layOut } from "./columns.ts";
import { ago, count, figure } from "./numbers.ts";
import { paint, type Style, type Terminal } from "../common/terminal/terminal.ts";

const COLUMNS: readonly Column[] = [
  { title: "RUN", align: "left" },
  { title: "STATE", align: "left" },
  { title: "WHAT", align: "left", expendable: 3 },
  { title: "STEPS", align: "right" },
  { title: "DISTANCE", align: "right", expendable: 1 },
  { title: "IMAGES/S", align: "right", expendable: 2 },
  { title: "STARTED", align: "right", expendable: 4 },
];

export const STATE_STYLES: Readonly<Record<RunState, Style>> = {
  finished: "green",
  running: "cyan",
  interrupted: "yellow",
  failed: "red",
  unknown: "yellow",
};

/** Preset and data, e.g. "wgan on strokes". */
export function whatOf({ config, data }: Pick<Summary, "config" | "data">): string {
  const { preset } = config;
  return typeof preset === "string" && preset !== data.name ? `${preset} on ${data.name}` : data.name;
}

/** A folder under runs/ and what was found in it. */
export interface Listed {
  readonly name: string;
  readonly summary: Summary | null;
  /** Why there is no summary. */
  readonly problem: string | null;
}

/** Of the last samples that were measured; null before there are any. Runs on the same data can be compared by it. */
function distanceOf({ evaluations }: Summary): number | null {
  return evaluations.findLast(({ step }) => step > 0)?.sliced_wasserstein ?? null;
}

function rowOf({ name, summary }: Listed, now_ms: number): string[] {
  if (!summary) return [name, "unreadable", "-", "-", "-", "-", "-"];
  return [
    name,
    summary.state,
    whatOf(summary),
    count(summary.steps),
    figure(distanceOf(summary)),
    count(summary.images_per_second),
    ago(Date.parse(summary.created), now_ms),
  ];
}

/** The state in its colour. `from`: where it is looked for, since the name may hold its word, too. */
function painted(line: string, from: number, { summary }: Listed, terminal: Terminal): string {
  const state = summary?.state ?? "unreadable";
  const style = summary ? STATE_STYLES[summary.state] : "red";
  return line.slice(0, from) + line.slice(from).replace(state, paint(terminal, style, state));
}

/** A run in lines of its own, where the terminal is too narrow for a table. */
function stacked(run: Listed, terminal: Terminal): string[] {
  const { name, summary } = run;
  const about = summary
    ? `${summary.state}, ${counted(summary.steps, "step")}, distance ${figure(distanceOf(summary))}`
    : "unreadable";
  const [first, ...rest] = wrap(about, terminal.width - 2).map((line) => `  ${line}`);
  return [name, painted(first!, 0, run, terminal), ...rest];
}

/** The table as lines, in the order of the runs; below it, what is wrong with runs that cannot be read. */
export function runTable(listed: readonly Listed[], now_ms: number, terminal: Terminal): string[] {
  const runs = listed.map((run) => ({
    ...run,
    name: runTitle(cleanLine(run.name), run.summary?.name ?? null),
    problem: run.problem && cleanLine(run.problem),
  }));
  const cells = runs.map((run) => rowOf(run, now_ms));
  const is_table = fitsInto(COLUMNS, cells, terminal.width);
  const [titles, ...rows] = is_table ? layOut(COLUMNS, cells, terminal.width) : ["RUNS"];
  const lines = is_table
    ? rows.map((row, i) => painted(row, runs[i]!.name.length, runs[i]!, terminal))
    : runs.flatMap((run) => stacked(run, terminal));
  const problems = runs.flatMap(({ problem }) => problem ? wrap(problem, terminal.width) : []);
  return [paint(terminal, "bold", titles!), ...lines, ...problems.length > 0 ? ["", ...problems] : []];
}
