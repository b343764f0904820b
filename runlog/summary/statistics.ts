/** Statistics of columns. Entries that are not numbers count as missing; without any entry the answer is null. */
import { median } from "../../common/median.ts";

function present(values: Float64Array): Float64Array {
  return values.filter((value) => !Number.isNaN(value));
}

export function mean(values: Float64Array): number | null {
  const entries = present(values);
  if (entries.length === 0) return null;
  return entries.reduce((sum, value) => sum + value, 0) / entries.length;
}

export function medianOf(values: Float64Array): number | null {
  const entries = present(values);
  return entries.length === 0 ? null : median(entries);
}

/** Standard error of the mean, entries taken as independent; null for fewer than two. */
export function standardError(values: Float64Array): number | null {
  const entries = present(values);
  const centre = mean(entries);
  if (centre === null || entries.length < 2) return null;
  const squares = entries.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return Math.sqrt(squares / (entries.length - 1) / entries.length);
}
