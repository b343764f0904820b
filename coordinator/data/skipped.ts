/** Items of a data set that were left out because they could not be read (--on-bad-item skip). */
import { counted } from "../../common/text/counted.ts";

/** Items that had one reason. */
export interface Skipped {
  readonly reason: string;
  readonly count: number;
  /** The first of them. */
  readonly names: readonly string[];
}

/** Names that are kept of each reason, and reasons; further ones count as one. */
const MOST_NAMES = 5;
const MOST_REASONS = 20;

/** By reason, the most frequent first. */
export function skippedBy(items: readonly { readonly name: string; readonly reason: string }[]): Skipped[] {
  const groups = Object.entries(Object.groupBy(items, ({ reason }) => reason))
    .map(([reason, group]) => ({ reason, all: group! }))
    .sort((a, b) => b.all.length - a.all.length || (a.reason < b.reason ? -1 : 1));
  const rest = groups.slice(MOST_REASONS).flatMap(({ all }) => all);
  const shown = rest.length === 0
    ? groups
    : [...groups.slice(0, MOST_REASONS), { reason: "other reasons", all: rest }];
  return shown.map(({ reason, all }) => ({
    reason,
    count: all.length,
    names: all.slice(0, MOST_NAMES).map(({ name }) => name),
  }));
}

/** A table for a person, a line each. */
export function skippedLines(place: string, total: number, skipped: readonly Skipped[]): string[] {
  const count = skipped.reduce((sum, { count }) => sum + count, 0);
  const width = String(skipped[0]!.count).length;
  return [
    `Skipped ${count.toLocaleString("en-US")} of ${counted(total, "picture")} in ${place}:`,
    ...skipped.map(({ reason, count, names }) => {
      const more = count > names.length ? ", …" : "";
      return `  ${String(count).padStart(width)}  ${reason} (${names.join(", ")}${more})`;
    }),
  ];
}
