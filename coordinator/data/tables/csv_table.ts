/** The rows of a CSV file on their way to numbers: each is checked, and what is wrong with it is said by its line. */
import { isAmbiguousComma, isBlank, isComment, numberOf, shown } from "./csv_cell.ts";
import { IndexWatch } from "./csv_index.ts";
import { PointWatch } from "./csv_points.ts";
import type { TableLayout } from "./csv_columns.ts";
import type { Rows } from "./csv_text.ts";
import { named, others, refuseCell, refuseIndex, saying, type TableFacts } from "./csv_words.ts";
import { refuse } from "../files/data_file.ts";
import { MAX_NUMBERS, Numbers } from "../arrays/numbers.ts";
import { CategoryColumn } from "./category_column.ts";
import { LabelColumn } from "../labels/label_column.ts";

/** Lines without numbers that a file may have, and for each line with some: a small packed file may hold 10^10. */
const MOST_PASSED_OVER = 1e6;
const MOST_PASSED_OVER_EACH = 4;

function categoryColumns(
  file: string,
  { categories, were_named, names, width }: TableLayout,
): ReadonlyMap<number, CategoryColumn> {
  return new Map([...categories].map((column) => {
    const name = names?.[column]?.trim();
    const place = {
      file,
      column: column + 1,
      named: named(names, column),
      remedy: were_named.has(column) ? null : `--categories ${name ? shown(name).slice(1, -1) : column + 1}`,
      without: `leave it out with ${saying(file, `columns=${others(column, width)}`)}`,
    };
    return [column, new CategoryColumn(place)];
  }));
}

/** Takes the rows of a file, one after the other, and checks each. */
export class Table {
  readonly #file: string;
  readonly #layout: TableLayout;
  /** Share of the file that has been read. */
  readonly #share: () => number;
  readonly #numbers = new Numbers();
  readonly #watch = new IndexWatch();
  /** Lines of the header that are still to come. */
  #num_header: number;
  #num_comments = 0;
  #num_passed_over = 0;
  /** True if some comma can only be a decimal one; and the first that may set thousands apart. */
  #sure_of_commas: boolean;
  #doubt: { readonly cell: string; readonly line: number } | null = null;
  readonly #points: PointWatch;
  /** Those of the columns that are categories, by their place in the file. */
  readonly categories: ReadonlyMap<number, CategoryColumn>;
  /** Null where there are no labels. */
  readonly labels: LabelColumn | null;

  constructor(file: string, layout: TableLayout, share: () => number) {
    this.#file = file;
    this.#layout = layout;
    this.#share = share;
    this.#num_header = layout.header_lines.length;
    this.labels = layout.label === null ? null : new LabelColumn(file, layout.label + 1);
    this.categories = categoryColumns(file, layout);
    this.#sure_of_commas = layout.decimal === "point" || layout.settings.decimal !== null;
    // Nobody puts commas between cells and decimal ones into them.
    const { decimal, delimiter, settings } = layout;
    this.#points = new PointWatch(decimal === "comma" || delimiter === "," || settings.decimal !== null);
  }

  add({ rows, lineOf }: Rows): void {
    const { cells } = this.#layout;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      // A mark of a comment may have blanks before it.
      const mark = row[0]!.charCodeAt(0);
      if ((row.length !== cells || mark < 43 || this.#num_header > 0) && this.#passOver(row)) {
        this.#countPassedOver(() => lineOf(i));
        continue;
      }
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

  #countPassedOver(lineOf: () => number): void {
    this.#num_passed_over++;
    if (this.#num_passed_over <= MOST_PASSED_OVER) return;
    const num_rows = this.#numbers.length / this.#layout.take.length;
    if (this.#num_passed_over <= MOST_PASSED_OVER + MOST_PASSED_OVER_EACH * num_rows) return;
    refuse(
      this.#file,
      `lines of numbers are required, found ${this.#num_passed_over} that are empty or comments up to line ${lineOf()}; ` +
        "remove them",
    );
  }

  #takeRow(row: readonly string[], lineOf: () => number): void {
    const { cells, width, take, decimal, index } = this.#layout;
    if (row.length !== cells || width !== cells) this.#checkLength(row, lineOf);
    const numbers = this.#numbers;
    if (!numbers.reserve(take.length, this.#share())) this.#refuseMany(lineOf());
    const begin = numbers.length;
    for (const column of take) {
      const coder = this.categories.get(column);
      if (coder && !isBlank(row)) {
        numbers.push(coder.add(row[column]!, lineOf));
        continue;
      }
      const value = numbers.push(numberOf(row[column]!, decimal));
      if (value - value === 0) continue;
      // Blank cells alone are seen here where their number is right.
      if (isBlank(row)) {
        numbers.length = begin;
        this.#countPassedOver(lineOf);
        return;
      }
      numbers.length = begin;
      this.#refuseCell(row[column]!, column, lineOf());
    }
    this.labels?.add(row[this.#layout.label!] ?? "", lineOf);
    if (index !== "keep") this.#watchIndex(row[0]!, lineOf);
    if (!this.#sure_of_commas) this.#lookAtCommas(row, lineOf);
    if (!this.#points.is_sure) {
      for (const column of take) {
        if (!this.categories.has(column)) this.#points.add(row[column]!, column, lineOf);
      }
    }
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
      `${width} ${columns} in each line are required, found ${odd < 0 ? row.length : odd + 1} ` +
        `in line ${lineOf()}; correct it, or put # in front of it to leave it out`,
    );
  }

  #refuseCell(cell: string, column: number, line: number): never {
    const before = this.#numbers.values();
    return refuseCell(this.#file, this.#layout, cell, column, line, {
      nothing: before.length === 0,
      whole_numbers: before.every(Number.isInteger),
    });
  }

  #refuseMany(line: number): never {
    refuse(
      this.#file,
      `at most ${MAX_NUMBERS} numbers are supported, found more in line ${line}; use fewer lines, or fewer ` +
        `columns with ${saying(this.#file, "columns=1-2")}`,
    );
  }

  #lookAtCommas(row: readonly string[], lineOf: () => number): void {
    for (const column of this.#layout.take) {
      const cell = row[column]!;
      if (!cell.includes(",") || this.categories.has(column)) continue;
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
    if (!this.#sure_of_commas && this.#doubt) this.#refuseMarks("comma", this.#doubt);
    if (this.#points.doubt !== null) this.#refuseMarks("point", this.#points.doubt);
    const watch = this.#watch;
    if (index === "ask" && (watch.isRange || (index_name === "index" && watch.rises))) {
      const what = watch.isRange
        ? `each of the whole numbers ${watch.min} to ${watch.max} once`
        : "rising whole numbers";
      refuseIndex(this.#file, `column 1${named(names, 0)} has ${what} and may be an index`, width);
    }
    return this.#numbers.values();
  }

  #refuseMarks(
    mark: TableLayout["decimal"],
    { cell, line }: { readonly cell: string; readonly line: number },
  ): never {
    const found = `${shown(cell.trim())} in line ${line}`;
    const remedy = saying(this.#file, `decimal=${mark}`);
    refuse(
      this.#file,
      `decimal ${mark}s or thousands: it is unclear which, found ${found}; for decimal ${mark}s say ` +
        `${remedy}, else leave the ${mark}s out`,
    );
  }

  /** Findings along the way. */
  facts(): TableFacts {
    return {
      num_comments: this.#num_comments,
      first: this.#watch.first,
      last: this.#watch.last,
      points_were_taken: this.#points.were_taken,
    };
  }
}
