/** Reader of points as text: a line each, numbers with commas, semicolons, tabs, bars or blanks between them. */
import type { Content } from "./content.ts";
import { adviceOn, isAmbiguousComma, isBlank, isComment, numberOf, shown } from "./csv_cell.ts";
import { IndexWatch } from "./csv_index.ts";
import { type Layout, layoutOf, refuseIndex, SAMPLE_ROWS, saying } from "./csv_layout.ts";
import { type Rows, rowsOf, type TextPiece, textPieces } from "./csv_text.ts";
import { refuse } from "./data_file.ts";
import type { CsvSettings } from "./data_path.ts";
import type { DataSet } from "./data_set.ts";
import { pointsOf } from "./npy.ts";
import { MAX_NUMBERS, Numbers } from "./numbers.ts";

/** Text in which there must be the first rows. */
const SAMPLE_CHARS = 1 << 23;

/**
 * The points of a text, read piece by piece. Empty lines and comments (# or %) are passed over, lines of words before
 * the first numbers are a header. `say` is told what was taken for a header, left out or passed over. Throws
 * {@linkcode UserError} naming line and column of what is no number, and where it cannot be told what is meant.
 */
export async function parseCsv(
  content: Content,
  name: string,
  settings: CsvSettings,
  say: (note: string) => void,
): Promise<DataSet> {
  const { file } = content;
  const pieces = textPieces(file, content.pieces());
  const first = await samplePiece(pieces);
  if (first === null) refuse(file, "at least one line of numbers is required, found none");
  const [layout, rest] = layoutOf(file, first, settings);
  const table = new Table(file, layout, settings, () => content.taken_bytes / content.packed_bytes);
  table.add(rowsOf(file, rest, layout.delimiter));
  for await (const piece of pieces) table.add(rowsOf(file, piece, layout.delimiter));
  const values = table.finish();
  const note = table.note();
  if (note !== "") say(`${name}: ${note}`);
  return pointsOf(file, name, layout.take.length, values);
}

/** The first pieces as one, so many that a sample of rows is in it; null where there is no text. */
async function samplePiece(pieces: AsyncGenerator<TextPiece>): Promise<TextPiece | null> {
  const texts: string[] = [];
  let chars = 0, lines = 0, first_line = 1;
  while (chars < SAMPLE_CHARS && lines < 2 * SAMPLE_ROWS) {
    const { value, done } = await pieces.next();
    if (done) break;
    if (texts.length === 0) first_line = value.first_line;
    texts.push(value.text);
    chars += value.text.length;
    lines += value.text.split("\n", 2 * SAMPLE_ROWS).length;
  }
  return texts.length === 0 ? null : { text: texts.join("\n"), first_line };
}

/** Takes the rows of a file, one after the other, and checks each. */
class Table {
  readonly #file: string;
  readonly #layout: Layout;
  readonly #settings: CsvSettings;
  /** Share of the file that has been read. */
  readonly #share: () => number;
  readonly #numbers = new Numbers();
  readonly #watch = new IndexWatch();
  /** Lines of the header that are still to come. */
  #num_header: number;
  #num_comments = 0;
  /** Whether some comma can only be a decimal one; and the first that may set thousands apart. */
  #sure_of_commas: boolean;
  #doubt: { readonly cell: string; readonly line: number } | null = null;

  constructor(file: string, layout: Layout, settings: CsvSettings, share: () => number) {
    this.#file = file;
    this.#layout = layout;
    this.#settings = settings;
    this.#share = share;
    this.#num_header = layout.header_lines.length;
    this.#sure_of_commas = layout.decimal === "point" || settings.decimal !== null;
  }

  add({ rows, lineOf }: Rows): void {
    const { cells } = this.#layout;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      // A mark of a comment may have blanks before it.
      const mark = row[0]!.charCodeAt(0);
      if ((row.length !== cells || mark < 43 || this.#num_header > 0) && this.#passOver(row)) continue;
      if (this.#num_header > 0) this.#num_header--;
      else this.#takeRow(row, () => lineOf(i));
    }
  }

  #passOver(row: readonly string[]): boolean {
    if (isBlank(row)) return true;
    if (!isComment(row)) return false;
    this.#num_comments++;
    return true;
  }

  #takeRow(row: readonly string[], lineOf: () => number): void {
    const { cells, width, take, decimal, index } = this.#layout;
    if (row.length !== cells || width !== cells) this.#checkLength(row, lineOf);
    const numbers = this.#numbers;
    if (!numbers.reserve(take.length, this.#share())) this.#refuseMany(lineOf());
    const begin = numbers.length;
    for (const column of take) {
      const value = numbers.push(numberOf(row[column]!, decimal));
      if (value - value === 0) continue;
      // Blank cells alone are seen here where their number is right.
      if (isBlank(row)) {
        numbers.length = begin;
        return;
      }
      this.#refuseCell(row[column]!, column, lineOf());
    }
    if (index !== "keep") this.#watchIndex(row[0]!, lineOf);
    if (!this.#sure_of_commas) this.#lookAtCommas(row, lineOf);
  }

  #watchIndex(cell: string, lineOf: () => number): void {
    const { index, decimal, width } = this.#layout;
    const value = numberOf(cell, decimal);
    this.#watch.add(value);
    if (index !== "out" || this.#watch.counts) return;
    if (Number.isNaN(value)) this.#refuseCell(cell, 0, lineOf());
    refuseIndex(
      this.#file,
      `column 1 counts the rows before line ${lineOf()} and not that one, and may be an index`,
      width,
    );
  }

  #checkLength(row: readonly string[], lineOf: () => number): void {
    const { cells, width, take } = this.#layout;
    const odd = row.findIndex((cell, i) => i >= width && cell.trim() !== "");
    if (row.length >= width && row.length <= cells && odd < 0) return;
    const columns = take.length === width ? "numbers" : "columns";
    refuse(
      this.#file,
      `${width} ${columns} in each line are required, found ${
        odd < 0 ? row.length : odd + 1
      } in line ${lineOf()}; ` +
        "correct it, or put # in front of it to leave it out",
    );
  }

  #refuseMany(line: number): never {
    refuse(
      this.#file,
      `at most ${MAX_NUMBERS} numbers are supported, found more in line ${line}; take fewer lines, or fewer ` +
        `columns with ${saying(this.#file, "columns=1-2")}`,
    );
  }

  #refuseCell(cell: string, column: number, line: number): never {
    const { names, decimal, width, header_lines } = this.#layout;
    const name = names?.[column]?.trim();
    const required = Number.isNaN(numberOf(cell, decimal))
      ? "finite numbers"
      : "finite numbers in the range of float32";
    const ways = [adviceOn(cell, decimal)];
    if (decimal === "point" && /\d,\d/.test(cell)) {
      ways.push(`for decimal commas say ${saying(this.#file, "decimal=comma")}`);
    }
    if (header_lines.length === 0 && this.#numbers.length < width && this.#settings.header === null) {
      ways.push(`if line ${line} is a header say ${saying(this.#file, "header=yes")}`);
    }
    if (width > 2) {
      ways.push(`take other columns with ${saying(this.#file, `columns=${others(column, width)}`)}`);
    }
    refuse(
      this.#file,
      `${required} are required, found ${shown(cell.trim())} in line ${line}, column ${column + 1}` +
        `${name ? ` (${shown(name).slice(1, -1)})` : ""}; ${ways.join(", or ")}`,
    );
  }

  #lookAtCommas(row: readonly string[], lineOf: () => number): void {
    for (const column of this.#layout.take) {
      const cell = row[column]!;
      if (!cell.includes(",")) continue;
      if (!isAmbiguousComma(cell)) {
        this.#sure_of_commas = true;
        return;
      }
      this.#doubt ??= { cell, line: lineOf() };
    }
  }

  /** All numbers, row by row. */
  finish(): Float32Array<ArrayBuffer> {
    const { index, index_name, names, width } = this.#layout;
    if (this.#numbers.length === 0) {
      refuse(this.#file, "at least one line of numbers is required, found none");
    }
    if (!this.#sure_of_commas && this.#doubt) {
      const { cell, line } = this.#doubt;
      refuse(
        this.#file,
        `decimal commas or thousands: which they are cannot be told, found ${
          shown(cell.trim())
        } in line ${line}; ` +
          `for decimal commas say ${saying(this.#file, "decimal=comma")}, else leave the commas out`,
      );
    }
    const watch = this.#watch;
    if (index === "ask" && (watch.isRange || (index_name === "index" && watch.rises))) {
      const name = names?.[0] ? ` (${shown(names[0].trim()).slice(1, -1)})` : "";
      const what = watch.isRange
        ? `each of the whole numbers ${watch.min} to ${watch.max} once`
        : "rising whole numbers";
      refuseIndex(this.#file, `column 1${name} has ${what} and may be an index`, width);
    }
    return this.#numbers.values();
  }

  /** What was decided about the file without being told; "" where nothing was. */
  note(): string {
    const { header_lines, names, index, decimal, cells, width } = this.#layout;
    const parts: string[] = [];
    if (header_lines.length > 0) {
      const lines = header_lines.length === 1 ? "line" : "lines";
      const of = names ? ` (${namesShown(names)})` : "";
      parts.push(`${lines} ${header_lines.join(", ")} taken for the header${of}`);
    }
    if (index === "out") {
      parts.push(`column 1 left out, it counts the rows (${this.#watch.first} to ${this.#watch.last})`);
    }
    if (decimal === "comma" && this.#settings.decimal === null) parts.push("commas taken for decimal ones");
    if (width < cells) parts.push("empty cells at the ends of lines left out");
    if (this.#num_comments > 0) {
      parts.push(
        `${this.#num_comments} ${this.#num_comments === 1 ? "line" : "lines"} of comments passed over`,
      );
    }
    return parts.join("; ");
  }
}

function namesShown(names: readonly string[]): string {
  const first = names.slice(0, 4).map((name) => shown(name.trim()).slice(1, -1) || "no name").join(", ");
  return names.length > 4 ? `${first}, …` : first;
}

/** All columns but one, as #columns= takes them. */
function others(column: number, width: number): string {
  const range = (from: number, to: number) => from > to ? [] : [from === to ? `${from}` : `${from}-${to}`];
  return [...range(1, column), ...range(column + 2, width)].join(",");
}
