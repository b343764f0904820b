/** From rows of the curves to what a chart draws. Pure. */
import { type Curve, CURVES, type HistoryRow } from "../history.ts";

export interface CurveData {
  readonly steps: readonly number[];
  readonly smooth: readonly (number | null)[];
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
}

/**
 * Running mean with exponentially falling weights, its bias towards the first value taken out. `weight`: of what came
 * before, 0 to below 1. Gaps stay gaps.
 */
export function smoothed(values: readonly (number | null)[], weight: number): (number | null)[] {
  let sum = 0;
  let total = 0;
  return values.map((value) => {
    if (value === null) return null;
    sum = weight * sum + (1 - weight) * value;
    total = weight * total + (1 - weight);
    return sum / total;
  });
}

/** Share of the rows that may lie beyond either end of the scale, so that a few wild steps do not flatten the others. */
const OUTSIDE = 0.02;

/**
 * Least and greatest value of the scale for the steps from `first_step` on: 0, and all single steps but the wildest
 * (`whole`: and all). null where there is no value.
 */
export function scaleOf(
  { steps, low, high }: CurveData,
  first_step: number,
  whole = false,
): [number, number] | null {
  const shown = (values: readonly (number | null)[]) =>
    values.filter((value, i): value is number => value !== null && steps[i]! >= first_step)
      .sort((a, b) => a - b);
  const [lows, highs] = [shown(low), shown(high)];
  if (lows.length === 0) return null;
  const outside = whole ? 0 : Math.floor(OUTSIDE * lows.length);
  return [Math.min(0, lows[outside]!), Math.max(0, highs[highs.length - 1 - outside]!)];
}

/** Values that were measured now and then, each as it is; one alone is a figure and no curve. */
export function measuredCurve(
  measured: readonly (readonly [step: number, value: number | null])[],
): CurveData {
  const there = measured.filter(([, value]) => value !== null);
  const values = there.length < 2 ? [] : there.map(([, value]) => value);
  return {
    steps: there.slice(0, values.length).map(([step]) => step),
    smooth: values,
    low: values,
    high: values,
  };
}

export function curveData(rows: readonly HistoryRow[], curve: Curve, weight: number): CurveData {
  const at = 1 + 3 * CURVES.indexOf(curve);
  const column = (offset: number) => rows.map((row) => row[at + offset] ?? null);
  return {
    steps: rows.map(([step]) => step!),
    smooth: smoothed(column(0), weight),
    low: column(1),
    high: column(2),
  };
}

/** The curves as text for a spreadsheet: a line for each stretch of steps, mean, least and greatest of each curve. */
export function curvesCsv(rows: readonly HistoryRow[]): string {
  const titles = ["step", ...CURVES.flatMap((curve) => [curve, `${curve}_min`, `${curve}_max`])];
  return [titles, ...rows.map((row) => row.map((value) => value ?? ""))].map((row) => `${row.join(",")}\r\n`)
    .join("");
}
