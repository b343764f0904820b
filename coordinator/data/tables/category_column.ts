/** A column of categories, cell by cell: each text becomes a number. */
import { cleanText } from "../../../common/text/foreign_text.ts";
import { refuse } from "../files/data_file.ts";
import { isMissing, shown } from "./csv_cell.ts";

/** Categories of one column at most. */
export const MAX_CATEGORIES = 256;

/** Marks of missing numbers that are as well names of categories. */
const MAY_BE_NAME = /^(none|nil|missing|undefined|infinity)$/i;

/** Where a column is, and how messages call it. */
export interface ColumnPlace {
  readonly file: string;
  /** Counted from 1. */
  readonly column: number;
  /** Its name in brackets, with a blank before it; "" where it has none. */
  readonly named: string;
  /** How to name it as one of categories; null: a person has, and marks of missing values are categories, too. */
  readonly remedy: string | null;
  /** How to read the file without it. */
  readonly without: string;
}

export class CategoryColumn {
  readonly #place: ColumnPlace;
  readonly #numbers = new Map<string, number>();

  constructor(place: ColumnPlace) {
    this.#place = place;
  }

  /** Number of a cell's category, in the order in which they are seen. Throws {@linkcode UserError}. */
  add(cell: string, lineOf: () => number): number {
    const text = cell.trim();
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    const { file, column, named, remedy, without } = this.#place;
    if (text === "" || (remedy !== null && isMissing(text) && !MAY_BE_NAME.test(text))) {
      const found = text === "" ? "none" : shown(text);
      const ways = text === "" ? "" : `, or make it a category of its own with ${remedy}`;
      refuse(
        file,
        `a category in each line is required, found ${found} in line ${lineOf()}, column ${column}${named}; fill it ` +
          `in, or leave the line out${ways}`,
      );
    }
    if (this.#numbers.size === MAX_CATEGORIES) {
      refuse(
        file,
        `at most ${MAX_CATEGORIES} categories are supported, found more in column ${column}${named} up to line ` +
          `${lineOf()}; ${without}`,
      );
    }
    const number = this.#numbers.size;
    this.#numbers.set(text, number);
    return number;
  }

  /** Names in the order of the names (of numbers, in that of the numbers), and the place of each number among them. */
  finish(): { readonly names: readonly string[]; readonly places: Uint32Array } {
    const texts = [...this.#numbers.keys()];
    const are_numbers = texts.every((text) => text !== "" && Number.isFinite(Number(text)));
    const sorted = are_numbers ? texts.toSorted((a, b) => Number(a) - Number(b)) : texts.toSorted();
    const places = new Uint32Array(texts.length);
    sorted.forEach((text, place) => places[this.#numbers.get(text)!] = place);
    return { names: sorted.map((text) => cleanText(text)), places };
  }
}
