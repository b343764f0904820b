/**
 * How alike two tables are, column by column and pair by pair. Rows are [n, numbers]: a column of numbers is one of them, a
 * column of k categories is k (common/values/table.ts); of those of samples the greatest counts.
 */
import { decodeRows, encodedNames, encodeRows, type TableColumn, widthOf } from "../common/values/table.ts";

export interface ColumnFigure {
  readonly name: string;
  /**
   * ks: the greatest difference of the two cumulative distributions (Kolmogorov-Smirnov), of numbers. tv: half the sum of the
   * differences of the shares (total variation), of categories. Both from 0 to 1.
   */
  readonly measure: "ks" | "tv";
  readonly value: number;
}

export interface TableFigures {
  readonly columns: readonly ColumnFigure[];
  /** The greatest difference of Pearson correlations of two numbers, and which; null where there are fewer than two. */
  readonly correlation: { readonly difference: number; readonly between: readonly [string, string] } | null;
}

/** Throws RangeError where rows are not whole, or there are none. */
export function tableFigures(
  data: Float32Array,
  samples: Float32Array,
  table: readonly TableColumn[],
): TableFigures {
  const width = table.reduce((sum, column) => sum + widthOf(column), 0);
  for (const rows of [data, samples]) {
    if (rows.length === 0 || rows.length % width !== 0) {
      throw new RangeError(`Tables must be whole rows of ${width} numbers: found ${rows.length} numbers`);
    }
  }
  const [real, drawn] = [data, samples].map((rows) => decodeRows(rows, table)) as [
    Float32Array,
    Float32Array,
  ];
  const columns = table.map(({ name, categories }, i): ColumnFigure => {
    const [a, b] = [columnOf(real, i, table.length), columnOf(drawn, i, table.length)];
    return categories
      ? { name, measure: "tv", value: totalVariation(a, b, categories.length) }
      : { name, measure: "ks", value: kolmogorovSmirnov(a, b) };
  });
  const [of_real, of_drawn] = [real, drawn].map((rows) => encodeRows(rows, table)) as [
    Float32Array,
    Float32Array,
  ];
  return { columns, correlation: greatestDifference(of_real, of_drawn, table) };
}

/** Means of the figures of several draws; of correlations, the draw with the greatest difference. */
export function meanFigures(draws: readonly TableFigures[]): TableFigures {
  const columns = draws[0]!.columns.map((column, i) => ({
    ...column,
    value: draws.reduce((sum, { columns }) => sum + columns[i]!.value, 0) / draws.length,
  }));
  const [correlation = null] = draws.map(({ correlation }) => correlation)
    .toSorted((a, b) => (b?.difference ?? 0) - (a?.difference ?? 0));
  return { columns, correlation };
}

function columnOf(rows: Float32Array, column: number, width: number): Float32Array {
  return Float32Array.from({ length: rows.length / width }, (_, i) => rows[i * width + column]!);
}

/** The greatest difference of the cumulative distributions of two samples. */
export function kolmogorovSmirnov(a: Float32Array, b: Float32Array): number {
  const [left, right] = [a.toSorted(), b.toSorted()];
  let i = 0, j = 0, greatest = 0;
  while (i < left.length && j < right.length) {
    const value = Math.min(left[i]!, right[j]!);
    while (i < left.length && left[i]! <= value) i++;
    while (j < right.length && right[j]! <= value) j++;
    greatest = Math.max(greatest, Math.abs(i / left.length - j / right.length));
  }
  return greatest;
}

/** Half the sum of the differences of the shares of `count` categories. */
export function totalVariation(a: Float32Array, b: Float32Array, count: number): number {
  const [left, right] = [a, b].map((numbers) => {
    const shares = new Float64Array(count);
    for (const number of numbers) shares[number]! += 1 / numbers.length;
    return shares;
  }) as [Float64Array, Float64Array];
  return left.reduce((sum, share, i) => sum + Math.abs(share - right[i]!), 0) / 2;
}

/** Pairs within one column of categories are left out: they follow from its shares. */
function greatestDifference(
  data: Float32Array,
  samples: Float32Array,
  table: readonly TableColumn[],
): TableFigures["correlation"] {
  const column_of = table.flatMap((column, i) => Array<number>(widthOf(column)).fill(i));
  const names = encodedNames(table);
  const [real, drawn] = [data, samples].map((rows) => correlations(rows, names.length)) as [
    Float64Array,
    Float64Array,
  ];
  let found: TableFigures["correlation"] = null;
  for (let i = 0; i < names.length; i++) {
    for (let j = 0; j < i; j++) {
      if (column_of[i] === column_of[j]) continue;
      const difference = Math.abs(real[i * names.length + j]! - drawn[i * names.length + j]!);
      if (found === null || difference > found.difference) {
        found = { difference, between: [names[j]!, names[i]!] };
      }
    }
  }
  return found;
}

/** Pearson correlations, [width, width], of rows; 0 with a column that does not vary. */
export function correlations(rows: Float32Array, width: number): Float64Array {
  const count = rows.length / width,
    means = new Float64Array(width),
    products = new Float64Array(width * width);
  for (let at = 0; at < rows.length; at += width) {
    for (let i = 0; i < width; i++) means[i]! += rows[at + i]! / count;
  }
  const centred = new Float64Array(width);
  for (let at = 0; at < rows.length; at += width) {
    for (let i = 0; i < width; i++) centred[i] = rows[at + i]! - means[i]!;
    for (let i = 0; i < width; i++) {
      for (let j = 0; j <= i; j++) products[i * width + j]! += centred[i]! * centred[j]!;
    }
  }
  const deviations = means.map((_, i) => Math.sqrt(products[i * width + i]!));
  return products.map((_, at) => {
    const i = Math.floor(at / width), j = at % width;
    const [row, column] = i < j ? [j, i] : [i, j];
    const scale = deviations[row]! * deviations[column]!;
    return scale === 0 ? 0 : products[row * width + column]! / scale;
  });
}
