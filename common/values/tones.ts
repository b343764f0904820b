/** Values of images of numbers as tones: black at -1 and white at 1. */

/** `range`: the values that stand for black and white. */
export function tonesOf(
  values: Float32Array<ArrayBuffer>,
  [low, high]: readonly [number, number],
): Float32Array<ArrayBuffer> {
  return low === -1 && high === 1 ? values : values.map((value) => 2 * (value - low) / (high - low) - 1);
}
