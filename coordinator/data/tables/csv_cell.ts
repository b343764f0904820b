/** Single cells of a CSV file: the numbers in them, and what the others are. */
import { cleanText } from "../../../common/text/foreign_text.ts";

/** The mark between a number's whole part and its fraction. */
export type Decimal = "point" | "comma";

const COMMA_NUMBER = /^[+-]?(\d+(,\d*)?|,\d+)([eE][+-]?\d+)?$/;
/** One group of digits after a comma: a fraction, or thousands. */
const MAYBE_THOUSANDS = /^[+-]?[1-9]\d{0,2}(,\d{3})+$/;
const THOUSANDS: Readonly<Record<Decimal, RegExp>> = {
  point: /^[+-]?\d{1,3}([,'’ \u00a0\u202f]\d{3})+(\.\d+)?$/,
  comma: /^[+-]?\d{1,3}([.'’ \u00a0\u202f]\d{3})+(,\d+)?$/,
};
/** Numbers in other bases, which JavaScript reads and no other reader of tables does. */
const OTHER_BASE = /^\s*0[xob]/i;
const MISSING =
  /^(n\/?a|nan|null|none|nil|inf|infinity|missing|undefined|div\/0!|ref!|value!|num!|name\?)?$/i;
const SHOWN_CHARS = 40;

/** The number in a cell, NaN where it is none. May be infinite. */
export function numberOf(cell: string, decimal: Decimal): number {
  if (decimal === "comma") {
    const bare = unquoted(cell);
    return COMMA_NUMBER.test(bare) ? Number(bare.replace(",", ".")) : NaN;
  }
  const value = Number(cell);
  // An empty text is 0 to JavaScript.
  if (value === 0 && cell.trim() === "") return NaN;
  // Only whole numbers have other bases.
  if (Number.isInteger(value)) return OTHER_BASE.test(cell) ? NaN : value;
  if (value === value) return value;
  const bare = unquoted(cell);
  return bare === "" || OTHER_BASE.test(bare) ? NaN : Number(bare);
}

/** True if a cell is a number but for what sets its thousands apart. */
export function hasThousands(cell: string, decimal: Decimal): boolean {
  return THOUSANDS[decimal].test(unquoted(cell));
}

/** A cell without blanks around it, and without quotes where blanks before them hid those from the parser. */
function unquoted(cell: string): string {
  return cell.trim().replace(/^"(.*)"$/s, "$1").trim();
}

/** True if a cell's comma may set thousands apart as well as a fraction. */
export function isAmbiguousComma(cell: string): boolean {
  return MAYBE_THOUSANDS.test(unquoted(cell));
}

/** True if a cell is a word, as names of columns are: no number, nothing that begins as one, no mark of a missing value. */
export function isWord(cell: string): boolean {
  const bare = cell.trim().replace(/^[^\p{L}\p{N}]+/u, "");
  return !/^\p{N}/u.test(bare) && !MISSING.test(bare) && !/^(true|false)$/i.test(bare);
}

export function isMissing(cell: string): boolean {
  return MISSING.test(cell.trim().replace(/^[^\p{L}\p{N}]+/u, ""));
}

/** Cells of a row in which nothing is written. */
export function isBlank(row: readonly string[]): boolean {
  return row.every((cell) => cell.trim() === "");
}

/** A line that begins with # or % is a comment, wherever it is. */
export function isComment([first]: readonly string[]): boolean {
  return /^\s*[#%]/.test(first ?? "");
}

/** A cell as it is quoted in a message: short, and nothing in it that a terminal would obey. */
export function shown(cell: string): string {
  return JSON.stringify(cleanText(cell, SHOWN_CHARS));
}

/** Advice on a cell that is not a number. */
export function adviceOn(cell: string, decimal: Decimal): string {
  const bare = unquoted(cell);
  if (isMissing(bare)) return "fill it in, or leave the line out";
  if (hasThousands(cell, decimal)) return "remove thousands separators";
  if (decimal === "comma" && bare.includes(".")) {
    return "write all numbers with decimal commas and nothing else";
  }
  if (OTHER_BASE.test(bare)) return "write it in decimal";
  if (/\d\s*%$|^\p{Sc}|\p{Sc}$/u.test(bare)) return "write it as a bare number";
  return "correct it";
}
