/** A grid of pictures with a row for each class. */
import type { Labels } from "./labels.ts";
import type { ShardPlan } from "../plan.ts";

/** Rows, and columns of each: what a page can show. */
const MOST_ROWS = 10;
const COLUMNS = 8;

export interface ClassRows {
  readonly grid: { readonly rows: number; readonly cols: number };
  /** The class of each cell, row by row. */
  readonly labels: Float32Array;
  /** Training examples of these classes. A class with few of them shows some twice. */
  readonly examples: Uint32Array;
}

/** Of the first classes that have training examples, in the order of the shards. */
export function classRows(
  { values, class_names }: Labels,
  { shards }: Pick<ShardPlan, "shards">,
): ClassRows {
  const members = class_names.map((): number[] => []);
  for (const shard of shards) {
    for (const index of shard) {
      const found = members[values[index]!]!;
      if (found.length < COLUMNS) found.push(index);
    }
  }
  const shown = [...members.keys()].filter((label) => members[label]!.length > 0).slice(0, MOST_ROWS);
  const cells = shown.flatMap((label) => Array.from({ length: COLUMNS }, (_, column) => ({ label, column })));
  return {
    grid: { rows: shown.length, cols: COLUMNS },
    labels: Float32Array.from(cells, ({ label }) => label),
    examples: Uint32Array.from(
      cells,
      ({ label, column }) => members[label]![column % members[label]!.length]!,
    ),
  };
}
