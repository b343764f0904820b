/** The records of a run that count in the end: without what a resume took back. */
import { readRun } from "../log/reader.ts";
import type { RunRecord } from "../records.ts";

/** The step of a record that is superseded by a resume to an earlier one; null for what stays in any case. */
function stepOf(record: RunRecord): number | null {
  switch (record.type) {
    case "step":
    case "round":
    case "heldout":
    case "evaluation":
    case "sample":
    case "vitals":
    case "checkpoint":
    case "best":
    case "steered":
      return record.step;
    default:
      return null;
  }
}

/**
 * The records of the run in `folder` in order, those of steps that were taken back left out. Reads the log twice,
 * in memory that does not grow with it. Throws {@linkcode UserError} if it is not the folder of a run.
 */
export async function* withoutSuperseded(folder: string): AsyncGenerator<RunRecord> {
  const resumed_at: number[] = [];
  for await (const record of readRun(folder)) if (record.type === "resume") resumed_at.push(record.step);
  // limits[i]: the largest step of the i-th start that no later resume took back.
  const limits = resumed_at.map((_, i) => Math.min(...resumed_at.slice(i)));
  let start = 0;
  for await (const record of readRun(folder)) {
    if (record.type === "resume") start++;
    const step = stepOf(record);
    if (step === null || step <= (limits[start] ?? Infinity)) yield record;
  }
}
