/** The range of the values that a run trains on, and whether it is one that networks can reach. */

export interface ValueRange {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Standard deviation. */
  readonly sd: number;
}

/** Root mean square beyond which values are far outside [-1, 1]. */
export const FAR_RMS = 6;
/** A single value beyond this is, too. */
export const FAR_VALUE = 50;

/** Root mean square. */
export function rmsOf({ mean, sd }: ValueRange): number {
  return Math.hypot(mean, sd);
}

/** True if values are far outside [-1, 1], where the networks begin and which they hardly leave. */
export function isFarOut(range: ValueRange): boolean {
  return rmsOf(range) > FAR_RMS || Math.max(-range.min, range.max) > FAR_VALUE;
}
