/** The table of runs that `inspect` prints without an argument. */
import { wrap } from "../common/help.ts";
import type { RunState, Summary } from "../runlog/summary.ts";
import { type Column, layOut } from "./columns.ts";
import { ago, count, figure } from "./numbers.ts";
import { paint, type Style, type Terminal } from "./terminal.ts";

const COLUMNS: readonly Column[] = [
  { title: "RUN", align: "left" },
  { title: "STATE", align: "left" },
  { title: "WHAT", align: "left", expendable: 3 },
  { title: "STEPS", align: "right" },
  { title: "ESTIMATE", align: "right", expendable: 1 },
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

/** What is trained on what, e.g. "wgan on strokes". */
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

function rowOf({ name, summary }: Listed, now_ms: number): string[] {
  if (!summary) return [name, "unreadable", "-", "-", "-", "-", "-"];
  return [
    name,
    summary.state,
    whatOf(summary),
    count(summary.steps),
    figure(summary.wasserstein_estimate),
    count(summary.images_per_second),
    ago(Date.parse(summary.created), now_ms),
  ];
}

/** The table as lines, in the order of the runs; below it, what is wrong with runs that cannot be read. */
export function runTable(runs: readonly Listed[], now_ms: number, terminal: Terminal): string[] {
  const [titles, ...rows] = layOut(COLUMNS, runs.map((run) => rowOf(run, now_ms)), terminal.width);
  const lines = rows.map((row, i) => {
    const { name, summary } = runs[i]!;
    const state = summary?.state ?? "unreadable";
    const style = summary ? STATE_STYLES[summary.state] : "red";
    // The name may hold the state's word, too.
    return row.slice(0, name.length) + row.slice(name.length).replace(state, paint(terminal, style, state));
  });
  const problems = runs.flatMap(({ problem }) => problem ? wrap(problem, terminal.width) : []);
  return [paint(terminal, "bold", titles!), ...lines, ...problems.length > 0 ? ["", ...problems] : []];
}
