/** What an evaluation came to, as a table and as JSON. */
import { counted } from "../../common/text/counted.ts";
import { layOut } from "../../inspect/columns.ts";
import type { TableFigures } from "../../metrics/table_figures.ts";
import { tableLines } from "./table_lines.ts";
import type { Figures } from "../../metrics/comparison.ts";
import { type Measure, MEASURE_NAMES, MEASURES } from "../../runlog/measures.ts";

export interface Evaluated {
  /** In words: "samples of run X". */
  readonly samples: string;
  readonly data: string;
  readonly features: string;
  readonly num_samples: number;
  readonly num_examples: number;
  readonly seed: number;
  /** Of each time that samples were drawn. */
  readonly figures: readonly Figures[];
  /** What other examples of the data reach; null where there are too few. */
  readonly others: Figures | null;
  /** Of a table: its columns, mean of each time; and what other examples reach. */
  readonly table: { readonly figures: TableFigures; readonly others: TableFigures | null } | null;
}

type Name = keyof Figures;

/** In the order of the table. */
const NAMES = ["frechet_distance", "kernel_distance", ...MEASURE_NAMES].filter((name, i, all) =>
  all.indexOf(name) === i
) as Name[];

/** Mean and standard deviation (of the sample); the deviation of one number is NaN. */
export function spreadOf(values: readonly number[]): { mean: number; deviation: number } {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / (values.length - 1)) };
}

/** Three digits, or those in front of the point where there are more. */
function shown(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size < 1 ? 3 : size < 10 ? 2 : size < 100 ? 1 : 0);
}

/** A line about what was compared, one about the features, and a table. */
export function evaluationLines(evaluated: Evaluated): string[] {
  const { samples, data, features, num_samples, num_examples, figures, others, table: columns } = evaluated;
  const times = figures.length > 1 ? `, mean of ${figures.length} times` : "";
  const rows = NAMES.map((name) => {
    const { title, better, factor = 1 }: Measure = MEASURES[name];
    const { mean, deviation } = spreadOf(figures.map((one) => one[name] * factor));
    return [
      title,
      shown(mean),
      figures.length > 1 ? `± ${shown(deviation)}` : "",
      others === null ? "" : shown(others[name] * factor),
      `${better} is better`,
    ];
  });
  const table = layOut([
    { title: "", align: "left" },
    { title: "samples", align: "right" },
    { title: "", align: "left" },
    { title: others === null ? "" : "other examples", align: "right" },
    { title: "", align: "left" },
  ], rows);
  return [
    `${counted(num_samples, samples, samples)}${times}, against ${
      counted(num_examples, `example of ${data}`, `examples of ${data}`)
    }`,
    `Features: ${features}`,
    "",
    ...table,
    ...others === null ? ["", "There are too few examples to show what others of the data reach."] : [],
    ...columns ? ["", ...tableLines(columns.figures, columns.others)] : [],
  ];
}

/** The same as JSON. */
export function evaluationJson({ figures, others, table, ...about }: Evaluated): string {
  const summary = Object.fromEntries(NAMES.map((name) => [name, spreadOf(figures.map((one) => one[name]))]));
  return JSON.stringify(
    { ...about, figures: summary, of_each_time: figures, other_examples: others, ...table && { table } },
    null,
    2,
  ) + "\n";
}
