/** Two runs beside each other, step by step. */
import { readRun } from "../runlog/log/reader.ts";
import type { RecordOf } from "../runlog/records.ts";

/** Checksums of the weights after a step. */
function weightsAfter({ critic_checksum, generator }: RecordOf<"step">): string {
  return `${critic_checksum} ${generator?.checksum ?? ""}`;
}

/**
 * Every step of a run that was disturbed, those that a resume took back as well, beside the same of one that was not:
 * how many there are, how many were made again, and which differ.
 */
export async function compareSteps(
  undisturbed: string,
  disturbed: string,
): Promise<{ steps: number; made_again: number; differing: number[] }> {
  const expected = new Map<number, string>();
  for await (const record of readRun(undisturbed)) {
    if (record.type === "step") expected.set(record.step, weightsAfter(record));
  }
  const seen = new Set<number>();
  const differing: number[] = [];
  let made_again = 0;
  for await (const record of readRun(disturbed)) {
    if (record.type !== "step") continue;
    if (seen.has(record.step)) made_again++;
    seen.add(record.step);
    if (weightsAfter(record) !== expected.get(record.step)) differing.push(record.step);
  }
  return { steps: seen.size, made_again, differing };
}
