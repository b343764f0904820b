/** The runs of a sweep side by side: a table for the terminal, a point of the grid a line, and one as CSV, a run a line. */
import { csvCell } from "../../common/files/csv_lines.ts";
import { duration } from "../../common/text/duration.ts";
import { wrapLine } from "../../common/text/wrap.ts";
import { layOut } from "../../inspect/columns.ts";
import { count, figure, percent } from "../../inspect/numbers.ts";
import type { Summary } from "../../runlog/summary/summary.ts";
import type { Cell } from "./plan.ts";

/** A cell and its run so far; null: it has not begun. */
export interface SweptRun {
  readonly cell: Cell;
  readonly summary: Summary | null;
}

const COLUMNS = [
  { title: "OPTIONS", align: "left" },
  { title: "RUNS", align: "right" },
  { title: "DISTANCE", align: "right" },
  { title: "MODES", align: "right" },
  { title: "HIGH QUALITY", align: "right" },
  { title: "TIME", align: "right", expendable: 1 },
] as const;

/** Figures of the last evaluation. */
function figuresOf({ evaluations }: Summary) {
  const { sliced_wasserstein = null, modes = null } = evaluations.at(-1) ?? {};
  return { distance: sliced_wasserstein, modes };
}

function meanOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((a, b) => a + b, 0) / values.length;
}

/** Mean and standard deviation over the seeds, e.g. "0.041 ± 0.003". */
function spread(values: readonly number[]): string {
  const mean = meanOf(values);
  if (mean === null || values.length < 2) return figure(mean);
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return `${figure(mean)} ± ${figure(Math.sqrt(variance))}`;
}

/** Smallest and largest, e.g. "7 to 8", or one number where they are the same. */
function range(values: readonly number[], text: (value: number) => string): string {
  const [low, high] = [text(Math.min(...values)), text(Math.max(...values))];
  return low === high ? low : `${low} to ${high}`;
}

function rowOf(point: string, runs: readonly SweptRun[]) {
  // Runs that are not finished would spoil the means.
  const summaries = runs.flatMap(({ summary }) => summary?.state === "finished" ? [summary] : []);
  const figures = summaries.map(figuresOf);
  const distances = figures.flatMap(({ distance }) => distance === null ? [] : [distance]);
  const modes = figures.flatMap(({ modes }) => modes === null ? [] : [modes]);
  const num_finished = summaries.length;
  const seconds = meanOf(summaries.map(({ seconds }) => seconds));
  return {
    num_finished,
    covered: modes.length === 0 ? 0 : Math.min(...modes.map(({ covered }) => covered)),
    quality: meanOf(modes.map(({ high_quality }) => high_quality)) ?? 0,
    distance: meanOf(distances) ?? Infinity,
    cells: [
      point,
      `${num_finished} of ${runs.length}`,
      spread(distances),
      modes.length === 0
        ? "-"
        : `${range(modes.map(({ covered }) => covered), String)} of ${modes[0]!.count}`,
      modes.length === 0 ? "-" : range(modes.map(({ high_quality }) => high_quality), percent),
      seconds === null ? "-" : duration(seconds),
    ],
  };
}

/**
 * The table, the best first: points whose runs are finished, most modes covered, most samples of high quality, nearest
 * to the data. Below it, how to read it.
 */
export function sweepTable(runs: readonly SweptRun[], width: number): string[] {
  const points = Map.groupBy(runs, ({ cell }) => cell.point);
  const rows = [...points].map(([point, runs]) => rowOf(point, runs)).sort((a, b) =>
    Number(b.num_finished > 0) - Number(a.num_finished > 0) || b.covered - a.covered ||
    b.quality - a.quality || a.distance - b.distance
  );
  const has_modes = rows.some(({ cells }) => cells[3] !== "-");
  const shown = COLUMNS.map((_, i) => i).filter((i) => has_modes || (i !== 3 && i !== 4));
  const pick = <T>(list: readonly T[]) => shown.map((i) => list[i]!);
  const note =
    "Distance of samples to the data: mean and standard deviation over the seeds; lower is better." +
    (has_modes ? " Modes and high quality: the lowest and the highest of the seeds. Time: the mean." : "") +
    " Only finished runs count.";
  return [...layOut(pick(COLUMNS), rows.map(({ cells }) => pick(cells)), width), ...wrapLine(note, width)];
}

/** A run in a line, e.g. "distance 0.041, 8 of 8 modes, 96 % high quality, after 20,000 steps in 1m07s". */
export function describeRun(summary: Summary): string {
  const { distance, modes } = figuresOf(summary);
  return [
    ...distance === null ? [] : [`distance ${figure(distance)}`],
    ...modes === null ? [] : [
      `${modes.covered} of ${modes.count} modes`,
      `${percent(modes.high_quality)} high quality`,
    ],
    `${count(summary.steps)} steps in ${duration(summary.seconds)}`,
  ].join(", ");
}

/** One line for each run, with a line of names; numbers are not rounded. */
export function sweepCsv(axes: readonly { readonly name: string }[], runs: readonly SweptRun[]): string {
  const titles = [
    ...axes.map(({ name }) => name),
    ...["seed", "state", "steps", "generator_steps", "sliced_wasserstein", "modes_covered", "modes"],
    ...["high_quality", "loss_critic", "loss_generator", "seconds", "weights_sha256", "averaged_sha256"],
    "folder",
  ];
  const rows = runs.map(({ cell, summary }) => {
    const { distance, modes } = summary === null ? { distance: null, modes: null } : figuresOf(summary);
    return [
      ...cell.values,
      ...[cell.seed, summary?.state ?? "not begun", summary?.steps, summary?.generator_steps, distance],
      ...[modes?.covered, modes?.count, modes?.high_quality, summary?.loss_critic, summary?.loss_generator],
      ...[summary?.seconds, summary?.weights_sha256, summary?.averaged_sha256, cell.folder],
    ];
  });
  const line = (cells: readonly unknown[]) => cells.map((cell) => csvCell(String(cell ?? ""))).join(",");
  return [titles, ...rows].map(line).join("\n") + "\n";
}
