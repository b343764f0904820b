/** Statistics of repeated measurements: medians and quartiles, which a passing load moves little. */
import { median } from "../../common/median.ts";

/** The middle half of some measurements. */
export interface Spread {
  readonly median: number;
  /** First and third quartile. */
  readonly low: number;
  readonly high: number;
}

/**
 * The value below which a share `q` (0 to 1) of the values lies, linear between neighbours. Throws RangeError without
 * values.
 */
export function quantile(values: ArrayLike<number>, q: number): number {
  if (values.length === 0) throw new RangeError("A quantile needs at least one value, found none");
  const sorted = Float64Array.from(values).sort();
  const at = q * (sorted.length - 1);
  const below = sorted[Math.floor(at)]!;
  return below + (sorted[Math.ceil(at)]! - below) * (at - Math.floor(at));
}

export function spreadOf(values: ArrayLike<number>): Spread {
  return { median: median(values), low: quantile(values, 0.25), high: quantile(values, 0.75) };
}

/**
 * Ratios of measurements that were taken in the same rounds: round by round, so that what slowed the machine down
 * for a while stands in both. Throws RangeError unless there are equally many of both.
 */
export function ratios(values: readonly number[], references: readonly number[]): number[] {
  if (values.length !== references.length) {
    throw new RangeError(
      `Ratios need pairs: found ${values.length} values and ${references.length} references`,
    );
  }
  return values.map((value, i) => value / references[i]!);
}
