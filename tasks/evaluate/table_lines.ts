/** What the columns of a table came to, as a table for people. */
import { layOut } from "../../inspect/columns.ts";
import type { TableFigures } from "../../metrics/table_figures.ts";

const TITLES = { ks: "Kolmogorov-Smirnov", tv: "total variation" } as const;

/** A line for each column, and one for the correlations. `others`: of other examples of the data, if there are some. */
export function tableLines(samples: TableFigures, others: TableFigures | null): string[] {
  const rows = samples.columns.map(({ name, measure, value }, i) => [
    name,
    TITLES[measure],
    value.toFixed(3),
    others === null ? "" : others.columns[i]!.value.toFixed(3),
  ]);
  if (samples.correlation) {
    const { difference, between } = samples.correlation;
    const found = others?.correlation?.difference.toFixed(3) ?? "";
    rows.push([between.join(" and "), "greatest difference of correlations", difference.toFixed(3), found]);
  }
  return layOut([
    { title: "column", align: "left" },
    { title: "", align: "left" },
    { title: "samples", align: "right" },
    { title: others === null ? "" : "other examples", align: "right" },
  ], rows);
}
