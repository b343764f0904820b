/** Position of the numbers in a CSV file, from its first rows and the person's settings. */
import { isBlank, isComment, numberOf, shown } from "./csv_cell.ts";
import { categoriesOf } from "./csv_categories.ts";
import { emptyAtEnd, isRange, namesOf, resolveColumn, type Row, type TableLayout } from "./csv_columns.ts";
import { type Dialect, dialectOf, sepLineOf } from "./csv_dialect.ts";
import { headerRows, MAX_HEADER_ROWS } from "./csv_header.ts";
import { indexName, IndexWatch } from "./csv_index.ts";
import { rowsOf, type TextPiece } from "./csv_text.ts";
import { others, refuseIndex, refuseIndexes, saying } from "./csv_words.ts";
import { refuse } from "../files/data_file.ts";
import type { CsvSettings } from "../files/data_path.ts";

/** Rows that are looked at. */
export const SAMPLE_ROWS = 200;

/** A piece without Excel's line that says what is between cells. */
function withoutSepLine(piece: TextPiece): TextPiece {
  const end = piece.text.indexOf("\n");
  return { text: end < 0 ? "" : piece.text.slice(end + 1), first_line: piece.first_line + 1 };
}

/**
 * The layout, and the first piece without what is no table. Throws {@linkcode UserError} where there are no numbers, and
 * where a header or an index cannot be told from examples.
 */
export function layoutOf(file: string, first: TextPiece, settings: CsvSettings): [TableLayout, TextPiece] {
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
  const label = labelOf(file, settings, names, width);
  const take = settings.columns
    ? settings.columns.flatMap((column) => resolveColumn(file, column, names, width))
    : Array.from({ length: width }, (_, i) => i).filter((column) => column !== label);
  if (new Set(take).size < take.length) {
    refuse(file, `each column once is required, found ${settings.columns!.join(",")} after #columns=`);
  }
  const whole = {
    ...dialect,
    settings,
    header_lines: header.map(({ line }) => line),
    names,
    cells,
    width,
    label,
  };
  const index_name = settings.columns ? null : indexName(names?.[0] ?? null);
  if (index_name !== null && width > 2 && indexName(names![1]!) !== null) refuseIndexes(file, names!, width);
  if (settings.columns === null && names !== null) checkUnnamed(file, data, names, dialect.decimal);
  if (settings.decimal === null) checkForFractions(file, data, dialect);
  const index = settings.columns || label === 0 ? "keep" : indexOf(file, data, whole, index_name);
  const taken = index === "out" ? take.slice(1) : take,
    { decimal } = dialect,
    { categories: wanted } = settings;
  const of_words = categoriesOf(file, data, { decimal, names, width, take: taken, wanted, label });
  return [{ ...whole, ...of_words, index, index_name, take: taken }, piece];
}

function labelOf(
  file: string,
  { label_column }: CsvSettings,
  names: readonly string[] | null,
  width: number,
): number | null {
  if (label_column === null) return null;
  const [label, ...others] = resolveColumn(file, label_column, names, width, "--labels");
  if (others.length === 0) return label!;
  refuse(file, `one column of labels is required, found ${label_column} after --labels`);
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
  { header, columns, label_column, categories }: CsvSettings,
): number {
  const by_name = [...columns ?? [], ...label_column === null ? [] : [label_column], ...categories];
  const wanted = header ?? (by_name.some((column) => !isRange(column)) ? true : null);
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
    `at most ${MAX_HEADER_ROWS} header lines may come before the numbers, found ${count} from line ` +
      `${first.line} on; put # in front of lines without data, or remove them`,
  );
}

function indexOf(
  file: string,
  data: readonly Row[],
  { decimal, width }: Dialect & { readonly width: number },
  name: TableLayout["index_name"],
): TableLayout["index"] {
  if (name === null) return "ask";
  const watch = new IndexWatch();
  for (const { cells } of data) watch.add(numberOf(cells[0]!, decimal));
  if (watch.counts) {
    if (width === 2) refuseIndex(file, "column 1 counts the rows", width);
    return "out";
  }
  if (name === "unnamed") refuseIndex(file, "column 1 has no name and may be an index", width);
  return "ask";
}

/** A column without a name behind the first may count the rows, too. */
function checkUnnamed(
  file: string,
  data: readonly Row[],
  names: readonly string[],
  decimal: Dialect["decimal"],
): void {
  for (let column = 1; column < names.length; column++) {
    if (indexName(names[column]!) !== "unnamed") continue;
    const watch = new IndexWatch();
    for (const { cells } of data) watch.add(numberOf(cells[column] ?? "", decimal));
    if (!watch.counts && !watch.isRange) continue;
    refuse(
      file,
      `column ${column + 1} has no name and may be an index: leave it out with ` +
        `${saying(file, `columns=${others(column, names.length)}`)}, or keep it with ` +
        saying(file, `columns=1-${names.length}`),
    );
  }
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
    `whole numbers may be the parts of decimal ones, found ${shown(found.cell.trim())} in line ` +
      `${found.line}; write decimal points, or say ${saying(file, "decimal=point")} if they are ` +
      "whole",
  );
}
