/** Points that may set thousands apart: where commas are decimal ones, 1.234 is a thousand and more. */

/** One group of digits after a point: a fraction, or thousands. */
const MAYBE_THOUSANDS = /^[+-]?[1-9]\d{0,2}\.\d{3}$/;
/** A whole number below a thousand, which has nothing to set apart. */
const BELOW_THOUSAND = /^[+-]?\d{1,3}$/;

/** A cell, and where it is. */
interface Found {
  readonly cell: string;
  readonly line: number;
}

/** Sees the cells of the columns that are taken, until one tells that points are decimal ones. */
export class PointWatch {
  #is_sure: boolean;
  /** By column: the first cell that may have thousands, and whether some are whole numbers without. */
  readonly #columns = new Map<number, { maybe: Found | null; has_whole: boolean }>();

  constructor(is_sure: boolean) {
    this.#is_sure = is_sure;
  }

  get is_sure(): boolean {
    return this.#is_sure;
  }

  add(text: string, column: number, lineOf: () => number): void {
    const cell = text.trim();
    const seen = this.#columns.get(column) ?? { maybe: null, has_whole: false };
    this.#columns.set(column, seen);
    if (BELOW_THOUSAND.test(cell)) seen.has_whole = true;
    else if (MAYBE_THOUSANDS.test(cell)) seen.maybe ??= { cell, line: lineOf() };
    else this.#is_sure = true;
  }

  /**
   * A cell of a column in which numbers with one group of three digits stand beside whole ones below a thousand, as they
   * do where points set thousands apart; null: there is none.
   */
  get doubt(): Found | null {
    if (this.#is_sure) return null;
    const mixed = this.#columns.values().find(({ maybe, has_whole }) => maybe !== null && has_whole);
    return mixed?.maybe ?? null;
  }

  /** True if all points were taken for decimal ones without anything that tells so. */
  get were_taken(): boolean {
    return !this.#is_sure && this.#columns.values().some(({ maybe }) => maybe !== null);
  }
}
