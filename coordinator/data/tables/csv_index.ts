/** Columns that only count the rows, as tables are often saved with: found, and left out where that is certain. */

/** Names of columns that count rows, in lower case. */
const INDEX_NAMES: ReadonlySet<string> = new Set([
  ...[
    "index",
    "idx",
    "id",
    "row",
    "rowname",
    "rownames",
    "row_id",
    "rowid",
    "row_number",
    "level_0",
    "nr",
    "no",
    "x1",
  ],
]);
/** Names that pandas and readr give to a column without one. */
const UNNAMED = /^(unnamed: \d+(\.\d+)?|\.\.\.1)?$/i;
/** With fewer rows, counting is chance. */
const MIN_ROWS = 8;

/** True if a column's name says that it has none, or that it counts rows; null: it is not known, or another. */
export function indexName(name: string | null): "unnamed" | "index" | null {
  if (name === null) return null;
  const bare = name.trim().toLowerCase();
  return UNNAMED.test(bare) ? "unnamed" : INDEX_NAMES.has(bare) ? "index" : null;
}

/** Looks at all values of a column, one after the other. */
export class IndexWatch {
  #count = 0;
  #first = NaN;
  #last = NaN;
  #min = Infinity;
  #max = -Infinity;
  #sum = 0;
  #sum_of_squares = 0;
  #whole = true;
  #counts = true;
  #rises = true;

  add(value: number): void {
    if (this.#count === 0) this.#first = value;
    else if (value !== this.#last + 1) {
      this.#counts = false;
      if (!(value > this.#last)) this.#rises = false;
    }
    if (!Number.isSafeInteger(value)) this.#whole = false;
    this.#last = value;
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
    const offset = value - this.#first;
    this.#sum += offset;
    this.#sum_of_squares += offset * offset;
    this.#count++;
  }

  get first(): number {
    return this.#first;
  }
  get last(): number {
    return this.#last;
  }
  get min(): number {
    return this.#min;
  }
  get max(): number {
    return this.#max;
  }

  /** Whole numbers, each one more than the one before. */
  get counts(): boolean {
    return this.#whole && this.#counts;
  }

  /** Whole numbers, each more than the one before. */
  get rises(): boolean {
    return this.#whole && this.#rises;
  }

  /** True if these may be row numbers in any order: the whole numbers of a range, each once, by their sums. */
  get isRange(): boolean {
    const n = this.#count;
    if (!this.#whole || n < MIN_ROWS || this.#max - this.#min + 1 !== n) return false;
    const low = this.#min - this.#first;
    const sum = n * low + n * (n - 1) / 2;
    const squares = n * low * low + low * n * (n - 1) + (n - 1) * n * (2 * n - 1) / 6;
    const near = (a: number, b: number) => Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(b));
    return near(this.#sum, sum) && near(this.#sum_of_squares, squares);
  }
}
