/** The view as the part of an address after #: whoever opens the link sees the same samples. */

export interface Place {
  readonly seed: number;
  /** How far the samples are moved along each direction, in standard deviations of the noise. */
  readonly along: readonly number[];
  /** Number of the class that is shown; null: several, or the generator takes no labels. */
  readonly label: number | null;
}

/** How far a direction may be followed, either way. */
export const REACH = 4;

/** Read from an address; what makes no sense there is as at the start. */
export function placeIn(hash: string, num_directions: number, num_classes = 0): Place {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const text = given.get("seed") ?? "";
  const seed = /^\d{1,16}$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : 1;
  const along = (given.get("along") ?? "").split(",").map(Number);
  const label = /^\d{1,6}$/.test(given.get("class") ?? "") ? Number(given.get("class")) : null;
  return {
    seed,
    label: label !== null && label < num_classes ? label : null,
    along: Array.from({ length: num_directions }, (_, k) => {
      const value = along[k] ?? 0;
      return Number.isFinite(value) ? Math.min(REACH, Math.max(-REACH, value)) : 0;
    }),
  };
}

export function hashOf({ seed, along, label }: Place): string {
  const moved = along.every((value) => value === 0) ? "" : `&along=${along.join(",")}`;
  return `#seed=${seed}${moved}${label === null ? "" : `&class=${label}`}`;
}
