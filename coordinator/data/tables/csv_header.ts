/** The first lines of a CSV file: which of them are a header, by what is in them and in those that follow. */
import { type Decimal, isWord, numberOf } from "./csv_cell.ts";

/** Lines of words that are passed over before the first numbers. */
export const MAX_HEADER_ROWS = 10;

/** How many of the first rows are a header; "unsure": the first may be one of numbers. */
export function headerRows(
  rows: readonly (readonly string[])[],
  decimal: Decimal,
  given: boolean | null,
): number | "unsure" {
  if (given === false) return 0;
  let num_rows = 0;
  while (num_rows < rows.length && isHeaderOfWords(rows[num_rows]!)) num_rows++;
  if (num_rows > 0) return num_rows;
  if (given === true) return Math.min(1, rows.length);
  if (rows[0] !== undefined && isPandasHeader(rows[0])) return 1;
  const numbers = rows.map((row) => row.map((cell) => numberOf(cell, decimal)));
  return mayBeHeader(numbers) || mayBeMangled(rows) ? "unsure" : 0;
}

/** Names of columns, of which some may be empty. */
function isHeaderOfWords(row: readonly string[]): boolean {
  return row.some(isWord) && row.every((cell) => cell.trim() === "" || isWord(cell));
}

/** A table without names, saved with its index: an empty cell, then 0, 1, 2, ... */
function isPandasHeader([first, ...others]: readonly string[]): boolean {
  return first?.trim() === "" && others.length > 0 && others.every((cell, i) => cell.trim() === String(i));
}

/**
 * True if a first row of numbers may be names: distinct whole numbers over rows that are not whole; numbers in equal
 * steps, or years, over rows that are not. `others`: the rows below it.
 */
function mayBeHeader([first, ...others]: readonly (readonly number[])[]): boolean {
  if (first === undefined || others.length === 0 || first.length < 2 || first.some(Number.isNaN)) {
    return false;
  }
  const dimension = first.length;
  const rises = first.every((value, i) => i === 0 || value > first[i - 1]!);
  const is_distinct = new Set(first).size === dimension && first.every((value) => value >= 0);
  if (isWhole(first) && !others.some(isWhole) && (rises || (dimension > 2 && is_distinct))) return true;
  const unlikeOthers = (is: (row: readonly number[]) => boolean) =>
    is(first) && 3 * others.filter(is).length <= others.length;
  if (rises && unlikeOthers(areYears)) return true;
  return rises && unlikeOthers(isEven) && (dimension > 2 || first[0] === 0);
}

/** True if a first row may be whole numbers that pandas told apart where they were the same: 0, 1, 1.1. */
function mayBeMangled([first, ...others]: readonly (readonly string[])[]): boolean {
  if (first === undefined || others.length === 0) return false;
  const is = (row: readonly string[]) => {
    const cells = new Set(row.map((cell) => cell.trim()));
    return cells.size === row.length && [...cells].every((cell) => {
      const [, whole, number] = /^(\d+)(?:\.([1-9]\d*))?$/.exec(cell) ?? [];
      return whole !== undefined && (number === undefined || cells.has(whole));
    });
  };
  return is(first) && first.some((cell) => cell.includes(".")) &&
    3 * others.filter(is).length <= others.length;
}

function isWhole(row: readonly number[]): boolean {
  return row.every(Number.isInteger);
}

function areYears(row: readonly number[]): boolean {
  return row.every((value) => Number.isInteger(value) && value >= 1800 && value <= 2100);
}

/** True if a row goes from number to number in equal steps; two numbers do in a step of 1. */
function isEven(row: readonly number[]): boolean {
  const [first, second] = row as [number, number];
  const step = second - first;
  if (row.length === 2) return step === 1;
  if (!(step !== 0)) return false;
  return row.every((value, i) => Math.abs(value - first - i * step) <= 1e-6 * Math.abs(i * step));
}
