/** The middle value, or the mean of the two in the middle. Throws RangeError without values. */
export function median(values: ArrayLike<number>): number {
  if (values.length === 0) throw new RangeError("A median needs at least one value, found none");
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
