/** A number rounded to its first `digits` significant digits. */
export function significant(value: number, digits = 3): number {
  return Number(value.toPrecision(digits));
}
