/** Which columns of a CSV file are categories: those of words, and those that a person names (--categories). */
import { refuse } from "../files/data_file.ts";
import { isMissing, isWord, numberOf, shown } from "./csv_cell.ts";
import { resolveColumn, type Row } from "./csv_columns.ts";
import type { Dialect } from "./csv_dialect.ts";
import { named, others, saying } from "./csv_words.ts";

/** Dates and times as tables have them: 2024-03-31, 31.3.2024, 3/31/24, 31-Mar-2024, 12:30, with or without a time. */
const DATE =
  /^(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{1,2}[- ][a-z]{3,9}[- ]\d{2,4})([T ].*)?$/i;
const TIME = /^\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?( ?[ap]m)?$/i;

export function isDate(cell: string): boolean {
  const bare = cell.trim();
  return DATE.test(bare) || TIME.test(bare);
}

/**
 * Columns among `take` that are categories, from 0 on: those named in `wanted`, and those in which the first rows have words
 * and no numbers. Throws {@linkcode UserError} for a column of dates, and for a name that is not there.
 */
export function categoriesOf(
  file: string,
  data: readonly Row[],
  { decimal, names, width, take, wanted, label }: Pick<Dialect, "decimal"> & {
    readonly names: readonly string[] | null;
    readonly width: number;
    readonly take: readonly number[];
    readonly wanted: readonly string[];
    readonly label: number | null;
  },
): { readonly categories: ReadonlySet<number>; readonly were_named: ReadonlySet<number> } {
  const were_named = new Set(
    wanted.flatMap((column) => resolveColumn(file, column, names, width, "--categories")),
  );
  for (const column of were_named) {
    if (take.includes(column)) continue;
    const why = column === label ? "its texts are the labels" : "it is not among the columns that are taken";
    refuse(
      file,
      `columns that are taken are required for --categories, found column ${column + 1}, but ${why}`,
    );
  }
  const categories = new Set(were_named);
  for (const column of take) {
    // Words in the first line of numbers may be a header that was not seen.
    if (names === null || categories.has(column)) continue;
    const cells = data.flatMap(({ cells, line }) => {
      const cell = cells[column] ?? "";
      return isMissing(cell) ? [] : [{ cell, line }];
    });
    if (cells.length === 0) continue;
    const [first] = cells;
    if (cells.every(({ cell }) => isDate(cell))) refuseDate(file, names, width, column, first!);
    if (cells.every(({ cell }) => isName(cell, decimal))) categories.add(column);
  }
  return { categories, were_named };
}

function isName(cell: string, decimal: Dialect["decimal"]): boolean {
  if (/^\s*(true|false)\s*$/i.test(cell)) return true;
  return isWord(cell) && /\p{L}/u.test(cell) && Number.isNaN(numberOf(cell, decimal));
}

function refuseDate(
  file: string,
  names: readonly string[] | null,
  width: number,
  column: number,
  { cell, line }: { readonly cell: string; readonly line: number },
): never {
  const without = width > 2
    ? `, or leave it out with ${saying(file, `columns=${others(column, width)}`)}`
    : "";
  refuse(
    file,
    `numbers or categories are required, found dates or times in column ${column + 1}${
      named(names, column)
    }, such as ` +
      `${
        shown(cell.trim())
      } in line ${line}; write numbers instead, for example days since a first date and the ` +
      `month${without}`,
  );
}
