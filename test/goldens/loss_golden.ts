/** Losses of a run as text, and how two such runs compare. Made by scripts/goldens/make_loss_goldens.ts. */
import assert from "node:assert/strict";

export interface Losses {
  /** Hash of the processor that computed them. */
  readonly numeric_class: string;
  readonly rows: readonly {
    readonly step: number;
    readonly critic: number;
    /** Null where the step had no generator step. */
    readonly generator: number | null;
  }[];
}

/** A golden: how it was made, and its lines `step loss_D loss_G`. */
export interface LossGolden {
  readonly options: readonly string[];
  readonly numeric_class: string;
  readonly lines: readonly string[];
}

export function parseGolden(text: string): LossGolden {
  const heading = (name: string) => {
    const found = text.match(new RegExp(`^# ${name} (.*)$`, "m"));
    assert.ok(found, `A golden of losses must have a line "# ${name} …"`);
    return found[1]!;
  };
  const lines = text.trimEnd().split("\n").filter((line) => !line.startsWith("#"));
  return { options: heading("options").split(" "), numeric_class: heading("numeric class"), lines };
}

/** `step loss_D loss_G` a line; numbers as JavaScript writes them, so that equal text is equal bits. */
export function linesOf({ rows }: Losses): string[] {
  return rows.map(({ step, critic, generator }) => `${step} ${critic} ${generator ?? "-"}`);
}

/** The largest difference in each column, as a share of the column's largest magnitude. Steps must agree. */
export function relativeDifference(found: readonly string[], golden: readonly string[]): number {
  const [a, b] = [found, golden].map((lines) => lines.map((line) => line.split(" ")));
  assert.deepEqual(a!.map(([step]) => step), b!.map(([step]) => step));
  return Math.max(...[1, 2].map((column) => {
    assert.deepEqual(a!.map((row) => row[column] === "-"), b!.map((row) => row[column] === "-"));
    const pairs = b!.flatMap((row, i) =>
      row[column] === "-" ? [] : [[Number(a![i]![column]), Number(row[column])]]
    );
    const largest = Math.max(...pairs.map(([, expected]) => Math.abs(expected!)));
    return Math.max(...pairs.map(([value, expected]) => Math.abs(value! - expected!))) / largest;
  }));
}
