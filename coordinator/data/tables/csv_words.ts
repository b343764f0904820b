/** Messages about a CSV file: errors, and decisions that were made. */
import { counted } from "../../../common/text/counted.ts";
import { adviceOn, isMissing, isWord, numberOf, shown } from "./csv_cell.ts";
import type { TableLayout } from "./csv_columns.ts";
import { refuse } from "../files/data_file.ts";

/** How a message shows where to say it, e.g. `--data x.csv#columns=2-4`. */
export function saying(file: string, setting: string): string {
  return `--data ${file}#${setting}`;
}

/** A column's name in brackets; "" where it has none. */
export function named(names: readonly string[] | null, column: number): string {
  const name = names?.[column]?.trim();
  return name ? ` (${bare(name)})` : "";
}

function bare(name: string): string {
  return shown(name.trim()).slice(1, -1);
}

/** Text before a cell that is not a number. */
export interface Before {
  /** Nothing: it is in the first line of numbers. */
  readonly nothing: boolean;
  /** Only whole numbers, so that decimal commas may be meant. */
  readonly whole_numbers: boolean;
}

/** Refuses a cell that is no number. */
export function refuseCell(
  file: string,
  { names, decimal, width, header_lines, settings }: TableLayout,
  cell: string,
  column: number,
  line: number,
  before: Before,
): never {
  const required = Number.isNaN(numberOf(cell, decimal))
    ? "finite numbers"
    : "finite numbers in the range of float32";
  const ways = [adviceOn(cell, decimal)];
  const is_comma = decimal === "point" && cell.includes(",") && !Number.isNaN(numberOf(cell, "comma"));
  if (is_comma && before.whole_numbers) {
    ways.push(`for decimal commas say ${saying(file, "decimal=comma")}`);
  }
  if (before.nothing && header_lines.length === 0 && settings.header === null) {
    ways.push(`if line ${line} is a header say ${saying(file, "header=yes")}`);
  }
  if (names?.[column]?.trim() && isWord(cell) && !isMissing(cell)) {
    ways.push(`make the column one of categories with --categories ${bare(names[column]!)}`);
  }
  if (width > 2) ways.push(`use other columns with ${saying(file, `columns=${others(column, width)}`)}`);
  refuse(
    file,
    `${required} are required, found ${shown(cell.trim())} in line ${line}, column ${column + 1}` +
      `${named(names, column)}; ${ways.join(", or ")}`,
  );
}

/** Asks whether the first column is to be left out. */
export function refuseIndex(file: string, why: string, width: number): never {
  const keep = saying(file, `columns=1-${width}`);
  refuse(
    file,
    width > 2
      ? `${why}: leave it out with ${saying(file, `columns=2-${width}`)}, or keep it with ${keep}`
      : `${why}, and without it there is no point of at least 2 numbers: keep it with ${keep}, or give other data`,
  );
}

/** A table that was saved with its index more than once. */
export function refuseIndexes(file: string, [first, second]: readonly string[], width: number): never {
  const out = width > 4 ? `leave them out with ${saying(file, `columns=3-${width}`)}, or ` : "";
  refuse(
    file,
    `columns 1 and 2 (${shown(first!.trim())}, ${shown(second!.trim())}) may be indexes: ` +
      `${out}say which columns to take, for example ${saying(file, `columns=2-${width}`)}`,
  );
}

/** Facts about a table once all of it has been read. */
export interface TableFacts {
  readonly num_comments: number;
  /** Properties of the first column. */
  readonly first: number;
  readonly last: number;
  /** True if points may as well set thousands apart. */
  readonly points_were_taken: boolean;
}

/** Decisions about a file that nobody asked for; "" if there are none. */
export function noteOn(layout: TableLayout, facts: TableFacts): string {
  const { header_lines, names, index, decimal, settings, cells, width } = layout;
  const { num_comments, first, last, points_were_taken } = facts;
  const parts: string[] = [];
  if (header_lines.length > 0) {
    const lines = header_lines.length === 1 ? "line" : "lines";
    const of = names ? ` (${namesShown(names)})` : "";
    parts.push(`${lines} ${header_lines.join(", ")} used as the header${of}`);
  }
  if (index === "out") parts.push(`column 1 left out, it counts the rows (${first} to ${last})`);
  if (decimal === "comma" && settings.decimal === null) parts.push("commas read as decimal commas");
  if (points_were_taken) {
    parts.push("points read as decimal points; remove them if they separate thousands");
  }
  if (width < cells) parts.push("empty cells at the ends of lines left out");
  if (num_comments > 0) parts.push(`${counted(num_comments, "line")} of comments skipped`);
  return parts.join("; ");
}

function namesShown(names: readonly string[]): string {
  const first = names.slice(0, 4).map((name) => bare(name) || "no name").join(", ");
  return names.length > 4 ? `${first}, …` : first;
}

/** All columns but one, as #columns= takes them. */
export function others(column: number, width: number): string {
  const range = (from: number, to: number) => from > to ? [] : [from === to ? `${from}` : `${from}-${to}`];
  return [...range(1, column), ...range(column + 2, width)].join(",");
}
