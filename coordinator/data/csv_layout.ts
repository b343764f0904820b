/** Where the numbers of a CSV file are, decided by its first rows and by what a person says. */
import { isBlank, isComment, numberOf, shown } from "./csv_cell.ts";
import { type Dialect, dialectOf, sepLineOf } from "./csv_dialect.ts";
import { headerRows, MAX_HEADER_ROWS } from "./csv_header.ts";
import { indexName, IndexWatch } from "./csv_index.ts";
import { rowsOf, type TextPiece } from "./csv_text.ts";
import { refuse } from "./data_file.ts";
import type { CsvSettings } from "./data_path.ts";

export interface Layout extends Dialect {
  /** Lines of the header, in order. */
  readonly header_lines: readonly number[];
  /** Names of the columns; null: there are none. */
  readonly names: readonly string[] | null;
  /** Cells of a row, and how many of them may have something in them: lines may end with empty ones. */
  readonly cells: number;
  readonly width: number;
  /** Columns to take, from 0 on. */
  readonly take: readonly number[];
  /** Whether the first column may only count the rows: "out" is left out, and must count all of them. */
  readonly index: "out" | "ask" | "keep";
  /** What its name says. */
  readonly index_name: ReturnType<typeof indexName>;
}

/** Rows that are looked at. */
export const SAMPLE_ROWS = 200;

interface Row {
  readonly cells: readonly string[];
  readonly line: number;
}

/** How a message shows where to say it, e.g. `--data x.csv#columns=2-4`. */
export function saying(file: string, setting: string): string {
  return `--data ${file}#${setting}`;
}

/** A piece without Excel's line that says what is between cells. */
function withoutSepLine(piece: TextPiece): TextPiece {
  const end = piece.text.indexOf("\n");
  return { text: end < 0 ? "" : piece.text.slice(end + 1), first_line: piece.first_line + 1 };
}

/**
 * The layout, and the first piece without what is no table. Throws {@linkcode UserError} where there are no numbers, and
 * where a header or an index cannot be told from examples.
 */
export function layoutOf(file: string, first: TextPiece, settings: CsvSettings): [Layout, TextPiece] {
  const sep = sepLineOf(first);
  const piece = sep === null ? first : withoutSepLine(first);
  const dialect = dialectOf(piece, {
    ...sep && { delimiter: sep },
    ...settings.decimal && { decimal: settings.decimal },
  });
  const sample = sampleOf(file, piece, dialect);
  const num_header = countHeader(file, sample, dialect, settings);
  const header = sample.slice(0, num_header);
  const data = sample.slice(num_header);
  const cells = data[0]?.cells.length;
  if (cells === undefined) refuse(file, "at least one line of numbers is required, found none");
  const width = cells - Math.min(...data.filter((row) => row.cells.length === cells).map(emptyAtEnd));
  const names = namesOf(file, header, cells, width, data[0]!.line);
  const take = settings.columns
    ? settings.columns.flatMap((column) => resolveColumn(file, column, names, width))
    : Array.from({ length: width }, (_, i) => i);
  if (new Set(take).size < take.length) {
    refuse(file, `each column once is required, found ${settings.columns!.join(",")} behind #columns=`);
  }
  const whole = { ...dialect, header_lines: header.map(({ line }) => line), names, cells, width };
  const index_name = settings.columns ? null : indexName(names?.[0] ?? null);
  if (index_name !== null && width > 2 && indexName(names![1]!) !== null) refuseIndexes(file, names!, width);
  if (settings.decimal === null) checkForFractions(file, data, dialect);
  const index = settings.columns ? "keep" : indexOf(file, data, whole, index_name);
  return [{ ...whole, index, index_name, take: index === "out" ? take.slice(1) : take }, piece];
}

function sampleOf(file: string, piece: TextPiece, { delimiter }: Dialect): Row[] {
  const { rows, lineOf } = rowsOf(file, piece, delimiter);
  const sample: Row[] = [];
  for (let i = 0; i < rows.length && sample.length < SAMPLE_ROWS; i++) {
    const cells = rows[i]!;
    if (!isBlank(cells) && !isComment(cells)) sample.push({ cells, line: lineOf(i) });
  }
  return sample;
}

function countHeader(
  file: string,
  sample: readonly Row[],
  { decimal }: Dialect,
  { header, columns }: CsvSettings,
): number {
  const wanted = header ?? (columns?.some((column) => !isRange(column)) ? true : null);
  const count = headerRows(sample.map(({ cells }) => cells), decimal, wanted);
  const first = sample[0]!;
  if (count === "unsure") {
    const numbers = first.cells.slice(0, 4).map((cell) => cell.trim()).join(", ");
    const more = first.cells.length > 4 ? ", …" : "";
    refuse(
      file,
      `line ${first.line} (${numbers}${more}) may be a header of numbers or the first example; say which: ` +
        `${saying(file, "header=yes")} or ${saying(file, "header=no")}`,
    );
  }
  if (count <= MAX_HEADER_ROWS) return count;
  return refuse(
    file,
    `at most ${MAX_HEADER_ROWS} lines of words before the numbers are required, found ${count} from line ` +
      `${first.line} on; put # in front of lines that are no data, or leave them out`,
  );
}

/** Empty cells at a row's end. */
function emptyAtEnd({ cells }: Row): number {
  return cells.length - 1 - cells.findLastIndex((cell) => cell.trim() !== "");
}

/** Of the last line of the header. R leaves the name of its row names out. */
function namesOf(
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

function isRange(column: string): boolean {
  return /^(\d+-?\d*|-\d+)$/.test(column);
}

/** Columns of one part of #columns=, from 0 on. */
function resolveColumn(
  file: string,
  column: string,
  names: readonly string[] | null,
  width: number,
): number[] {
  if (isRange(column)) {
    const [from = "", to = from] = column.split("-");
    const first = from === "" ? 1 : Number(from), last = to === "" ? width : Number(to);
    if (first >= 1 && first <= last && last <= width) {
      return Array.from({ length: last - first + 1 }, (_, i) => first - 1 + i);
    }
    refuse(file, `columns of 1 to ${width} are required behind #columns=, found ${column}`);
  }
  const found = (names ?? []).flatMap((name, i) => name.trim() === column ? [i] : []);
  if (found.length === 1) return found;
  const known = names === null ? "no names" : names.slice(0, 20).map((name) => shown(name.trim())).join(", ");
  refuse(
    file,
    found.length > 1
      ? `names that differ are required behind #columns=, found ${
        shown(column)
      } ${found.length} times; give numbers`
      : `a name of a column is required behind #columns=, found ${
        shown(column)
      } among ${known}; give a name or a number`,
  );
}

function indexOf(
  file: string,
  data: readonly Row[],
  { decimal, width }: Dialect & { readonly width: number },
  name: Layout["index_name"],
): Layout["index"] {
  if (name === null) return "ask";
  const watch = new IndexWatch();
  for (const { cells } of data) watch.add(numberOf(cells[0]!, decimal));
  if (watch.counts) return "out";
  if (name === "unnamed") refuseIndex(file, "column 1 has no name and may be an index", width);
  return "ask";
}

/** A table that was saved with its index more than once. */
function refuseIndexes(file: string, [first, second]: readonly string[], width: number): never {
  const out = width > 4 ? `leave them out with ${saying(file, `columns=3-${width}`)}, or ` : "";
  refuse(
    file,
    `columns 1 and 2 (${shown(first!.trim())}, ${
      shown(second!.trim())
    }) may be indexes: ${out}say which columns to ` +
      `take, for example ${saying(file, `columns=2-${width}`)}`,
  );
}

/** Whole numbers with commas between them, some with a zero first: 0,0531 is read as 0 and 531. */
function checkForFractions(file: string, data: readonly Row[], { delimiter, decimal }: Dialect): void {
  if (delimiter !== "," || decimal !== "point") return;
  let found: { readonly cell: string; readonly line: number } | null = null;
  for (const { cells, line } of data) {
    for (const cell of cells) {
      if (!/^\s*[+-]?\d+\s*$/.test(cell)) return;
      if (found === null && /^\s*(-0|[+-]?0\d+)\s*$/.test(cell)) found = { cell, line };
    }
  }
  if (found === null) return;
  refuse(
    file,
    `whole numbers may be the parts of decimal ones, found ${
      shown(found.cell.trim())
    } in line ${found.line}; write ` +
      `decimal points, or say ${saying(file, "decimal=point")} if they are whole`,
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
