/** Runs of a comparison side by side on the terminal: how near each came to the data, and the verdict on it. */
import { wrapLine } from "../../common/text/wrap.ts";
import { layOut } from "../../inspect/columns.ts";
import type { Reported } from "../../inspect/html/reported.ts";
import { figure } from "../../inspect/numbers.ts";

const COLUMNS = [
  { title: "PRESET", align: "left" },
  { title: "DISTANCE", align: "right" },
  { title: "DIVERSITY", align: "right", expendable: 1 },
  { title: "VERDICT", align: "left" },
] as const;

/** The table, the nearest to the data first, and a line on how to read it. */
export function verdictTable(
  runs: readonly Pick<Reported, "name" | "summary" | "verdict">[],
  width: number,
): string[] {
  const rows = runs.map(({ name, summary, verdict }) => {
    const distance = summary.evaluations.at(-1)?.sliced_wasserstein ?? null;
    const diversity = summary.samples.findLast((sample) => sample.diversity !== undefined)?.diversity ?? null;
    return { distance, cells: [name, figure(distance), figure(diversity), verdict.label] };
  }).sort((a, b) => (a.distance ?? Infinity) - (b.distance ?? Infinity));
  const note = "Distance of samples to the data: lower is better. Diversity: 1 is as varied as the data.";
  return [...layOut(COLUMNS, rows.map(({ cells }) => cells), width), ...wrapLine(note, width)];
}
