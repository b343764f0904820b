/** The columns of a CSV file: what they are called, and which of them are taken. */
import { shown } from "./csv_cell.ts";
import type { Dialect } from "./csv_dialect.ts";
import type { indexName } from "./csv_index.ts";
import { refuse } from "../files/data_file.ts";
import type { CsvSettings } from "../files/data_path.ts";

/** Position of the numbers in a file. */
export interface TableLayout extends Dialect {
  /** Options that a person gave. */
  readonly settings: CsvSettings;
  /** Lines of the header, in order. */
  readonly header_lines: readonly number[];
  /** Names of the columns; null: there are none. */
  readonly names: readonly string[] | null;
  /** Cells of a row, and how many of them may have something in them: lines may end with empty ones. */
  readonly cells: number;
  readonly width: number;
  /** Columns to take, from 0 on. */
  readonly take: readonly number[];
  /** Those of them that are categories, and those of these that a person named. */
  readonly categories: ReadonlySet<number>;
  readonly were_named: ReadonlySet<number>;
  /** The column of labels, from 0 on; null: there is none. */
  readonly label: number | null;
  /** True if the first column may only count the rows: "out" is left out, and must count all of them. */
  readonly index: "out" | "ask" | "keep";
  /** The meaning of its name. */
  readonly index_name: ReturnType<typeof indexName>;
}

/** A row of a file. */
export interface Row {
  readonly cells: readonly string[];
  readonly line: number;
}

/** The last line of the header. R leaves out the name of its row names. */
export function namesOf(
  file: string,
  header: readonly Row[],
  cells: number,
  width: number,
  data_line: number,
): readonly string[] | null {
  const last = header.at(-1);
  if (last === undefined) return null;
  const names = last.cells.slice(0, last.cells.length - emptyAtEnd(last));
  if (names.length === width) return names;
  if (last.cells.length === cells || last.cells.length === width) return last.cells.slice(0, width);
  // Names may have something else between them than the numbers have.
  const split = names.length === 1 ? names[0]!.trim().split(/[;,\t|]\s*|\s+/) : [];
  if (split.length === width) return split;
  if (names.length === width - 1) return ["", ...names];
  if (names.length === 1) return null;
  refuse(
    file,
    `as many names as numbers are required, found ${names.length} names in line ${last.line} and ${width} ` +
      `numbers in line ${data_line}; correct line ${last.line}, or put # in front of it`,
  );
}

/** True if one part of #columns= is a number or a range of them. */
export function isRange(column: string): boolean {
  return /^(\d+-?\d*|-\d+)$/.test(column);
}

/** Columns of one part of #columns=, from 0 on. */
export function resolveColumn(
  file: string,
  column: string,
  names: readonly string[] | null,
  width: number,
  option = "#columns=",
): number[] {
  if (isRange(column)) {
    const [from = "", to = from] = column.split("-");
    const first = from === "" ? 1 : Number(from), last = to === "" ? width : Number(to);
    if (first >= 1 && first <= last && last <= width) {
      return Array.from({ length: last - first + 1 }, (_, i) => first - 1 + i);
    }
    refuse(file, `columns of 1 to ${width} are required after ${option}, found ${column}`);
  }
  const found = (names ?? []).flatMap((name, i) => name.trim() === column ? [i] : []);
  if (found.length === 1) return found;
  const known = names === null ? "no names" : names.slice(0, 20).map((name) => shown(name.trim())).join(", ");
  refuse(
    file,
    found.length > 1
      ? `names that differ are required after ${option}, found ${shown(column)} ${found.length} ` +
        "times; give numbers"
      : `a name of a column is required after ${option}, found ${shown(column)} among ${known}; ` +
        "give a name or a number",
  );
}

/** Empty cells at a row's end. */
export function emptyAtEnd({ cells }: Row): number {
  return cells.length - 1 - cells.findLastIndex((cell) => cell.trim() !== "");
}
