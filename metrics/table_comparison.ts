/** Two tables beside each other, to be drawn: the distribution of each column, and what differs in their correlations. */
import { decodeRows, encodedNames, encodeRows, type TableColumn, widthOf } from "../common/values/table.ts";
import { type ColumnFigure, correlations, type TableFigures, tableFigures } from "./table_figures.ts";

/** Bars of a histogram. */
const NUM_BINS = 20;

export interface ColumnCompared extends ColumnFigure {
  /** Of a column of categories: their names. */
  readonly categories: readonly string[] | null;
  /** Of numbers: where the first bar begins and the last one ends. */
  readonly range: readonly [number, number];
  /** Shares of the rows in each bar or category. */
  readonly data: readonly number[];
  readonly samples: readonly number[];
}

export interface TableComparison {
  readonly num_rows: number;
  readonly columns: readonly ColumnCompared[];
  readonly correlation: TableFigures["correlation"];
  /** Correlation of the samples less that of the data, for columns of these names: [n, n], 0 within a column. */
  readonly differences: {
    readonly names: readonly string[];
    readonly values: readonly (readonly number[])[];
  };
}

/** Rows as {@linkcode tableFigures} takes them. `most_pairs`: numbers of the first columns, whose pairs are compared. */
export function compareTables(
  data: Float32Array,
  samples: Float32Array,
  table: readonly TableColumn[],
  most_pairs: number,
): TableComparison {
  const { columns, correlation } = tableFigures(data, samples, table);
  const [real, drawn] = [data, samples].map((rows) => decodeRows(rows, table)) as [
    Float32Array,
    Float32Array,
  ];
  return {
    num_rows: real.length / table.length,
    columns: columns.map((figure, i) => {
      const [a, b] = [real, drawn].map((rows) => rows.filter((_, at) => at % table.length === i)) as [
        Float32Array,
        Float32Array,
      ];
      const { categories = null } = table[i]!;
      const range = categories ? [0, categories.length] as const : rangeOf(a, b);
      const count = categories?.length ?? NUM_BINS;
      return {
        ...figure,
        categories,
        range,
        data: shares(a, range, count),
        samples: shares(b, range, count),
      };
    }),
    correlation,
    differences: differencesOf(encodeRows(real, table), encodeRows(drawn, table), table, most_pairs),
  };
}

function rangeOf(...columns: readonly Float32Array[]): readonly [number, number] {
  let low = Infinity, high = -Infinity;
  for (const column of columns) {
    for (const value of column) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  return [low, high];
}

/** Of `count` bars as wide as each other; the last one has its end, too. */
function shares(column: Float32Array, [low, high]: readonly [number, number], count: number): number[] {
  const found = new Array<number>(count).fill(0);
  for (const value of column) {
    const bar = high === low ? 0 : Math.floor((value - low) / (high - low) * count);
    found[Math.min(count - 1, bar)]! += 1 / column.length;
  }
  return found;
}

function differencesOf(
  data: Float32Array,
  samples: Float32Array,
  table: readonly TableColumn[],
  most: number,
): TableComparison["differences"] {
  const column_of = table.flatMap((column, i) => Array<number>(widthOf(column)).fill(i));
  const names = encodedNames(table),
    [real, drawn] = [correlations(data, names.length), correlations(samples, names.length)];
  const shown = names.slice(0, most);
  const value = (i: number, j: number) =>
    column_of[i] === column_of[j] ? 0 : drawn[i * names.length + j]! - real[i * names.length + j]!;
  return { names: shown, values: shown.map((_, i) => shown.map((_, j) => value(i, j))) };
}
