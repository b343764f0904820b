/** Consequences of numeric classes for a run. Classes are SHA-256 hashes of the bits that devices compute on a fixed probe. */

/** In place of a hash: a device that may compute other bits each time it is asked. */
export const VARYING_CLASS = "0".repeat(64);

/** True if a run of workers of these classes can be had again to the same bits. */
export function bitsOf(numeric_classes: readonly string[]): "exact" | "tolerance" {
  return numeric_classes.length > 1 || numeric_classes.includes(VARYING_CLASS) ? "tolerance" : "exact";
}

const DIGITS = 12;

/** Why a worker of this class cannot join a run that promises the same bits, and has workers of `others`; or null. */
export function whyInexact(numeric_class: string, others: ReadonlySet<string>): string | null {
  if (numeric_class === VARYING_CLASS) {
    return "this worker's device may compute different bits each time: use another device";
  }
  if (others.size === 0 || others.has(numeric_class)) return null;
  const [first] = others;
  return `its numeric class is ${first!.slice(0, DIGITS)}, this worker's ` +
    `${numeric_class.slice(0, DIGITS)}: use the same device kind and ONNX Runtime version`;
}
