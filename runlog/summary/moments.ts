/** Count, sum, spread and least value of some numbers, so that parts can be put together. */

export interface Moments {
  readonly count: number;
  readonly sum: number;
  /** Sum of squared distances from the mean. */
  readonly squares: number;
  /** Infinity where there is no number. */
  readonly low: number;
}

export const NO_MOMENTS: Moments = { count: 0, sum: 0, squares: 0, low: Infinity };

/** The number of entries that are numbers. */
export function momentsOf(values: Float64Array): Moments {
  let count = 0;
  let sum = 0;
  let low = Infinity;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    count++;
    sum += value;
    if (value < low) low = value;
  }
  const mean = sum / count;
  let squares = 0;
  for (const value of values) if (!Number.isNaN(value)) squares += (value - mean) ** 2;
  return { count, sum, squares, low };
}

/** Moments of both parts together (Chan, Golub, LeVeque 1979). */
export function combined(a: Moments, b: Moments): Moments {
  if (a.count === 0) return b;
  if (b.count === 0) return a;
  const count = a.count + b.count;
  const distance = b.sum / b.count - a.sum / a.count;
  return {
    count,
    sum: a.sum + b.sum,
    squares: a.squares + b.squares + distance ** 2 * a.count * b.count / count,
    low: Math.min(a.low, b.low),
  };
}

/** As if only this share of the numbers were there, 0 to 1. */
export function shareOf({ count, sum, squares, low }: Moments, share: number): Moments {
  return { count: count * share, sum: sum * share, squares: squares * share, low };
}

export function meanOf({ count, sum }: Moments): number | null {
  return count === 0 ? null : sum / count;
}

/** Standard deviation; null for fewer than two numbers. */
export function deviationOf({ count, squares }: Moments): number | null {
  return count < 2 ? null : Math.sqrt(squares / (count - 1));
}

/** Standard error of the mean, entries taken as independent; null for fewer than two. */
export function errorOf(moments: Moments): number | null {
  const deviation = deviationOf(moments);
  return deviation === null ? null : deviation / Math.sqrt(moments.count);
}
