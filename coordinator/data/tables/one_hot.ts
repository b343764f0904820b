/** The rows of a table with categories as examples of numbers. */
import {
  encodedNames,
  encodeRows,
  MAX_ENCODED,
  type TableColumn,
  widthOf,
} from "../../../common/values/table.ts";
import { cleanText } from "../../../common/text/foreign_text.ts";
import { MAX_NUMBERS } from "../arrays/numbers.ts";
import { type DataSet, dataSetOf } from "../data_set.ts";
import { refuse } from "../files/data_file.ts";
import type { CategoryColumn } from "./category_column.ts";
import type { TableLayout } from "./csv_columns.ts";

const MAX_NAME_LENGTH = 60;

/** `values`: rows, categories as the numbers that `coders` gave them. Throws {@linkcode UserError} for too many numbers. */
export function withCategories(
  file: string,
  name: string,
  { take, names }: Pick<TableLayout, "take" | "names">,
  coders: ReadonlyMap<number, CategoryColumn>,
  values: Float32Array<ArrayBuffer>,
): DataSet {
  const finished = take.map((column) => coders.get(column)?.finish() ?? null);
  const table = take.map((column, i): TableColumn => ({
    name: cleanText(names?.[column]?.trim() ?? "", MAX_NAME_LENGTH) || `column ${column + 1}`,
    ...finished[i] && { categories: finished[i].names },
  }));
  finished.forEach((coder, i) => {
    if (!coder) return;
    for (let at = i; at < values.length; at += take.length) values[at] = coder.places[values[at]!]!;
  });
  const width = table.reduce((sum, column) => sum + widthOf(column), 0);
  const num_rows = values.length / take.length;
  if (width > MAX_ENCODED || width * num_rows > MAX_NUMBERS) {
    refuse(
      file,
      `at most ${MAX_ENCODED} numbers in a row, and ${MAX_NUMBERS} in all, are supported, and each category is one, ` +
        `found ${width} in each of ${num_rows} rows; leave out columns of many categories, or rows`,
    );
  }
  const encoded = encodeRows(values, table);
  return {
    ...dataSetOf(name, [width], "float32", new Uint8Array(encoded.buffer)),
    columns: encodedNames(table),
    table,
  };
}
