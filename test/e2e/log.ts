/** Waiting for what a run writes into its log. */
import { type RecordOf, type RecordType, type RunRecord } from "../../runlog/records.ts";
import { readRun } from "../../runlog/log/reader.ts";
import { within } from "./child.ts";

/** The records that are in the log now. */
export function recordsOf(folder: string): Promise<RunRecord[]> {
  return Array.fromAsync(readRun(folder));
}

export function ofType<T extends RecordType>(records: readonly RunRecord[], type: T): RecordOf<T>[] {
  return records.filter((record) => record.type === type) as RecordOf<T>[];
}

/** Waits until the log says so; returns its records. The folder of the run must be there. */
export async function logged(
  folder: string,
  what: string,
  says: (records: readonly RunRecord[]) => boolean,
): Promise<RunRecord[]> {
  using watcher = Deno.watchFs(folder);
  const wait = async () => {
    let records = await recordsOf(folder);
    if (says(records)) return records;
    for await (const { kind } of watcher) {
      // Reading the log is an event, too.
      if (kind !== "modify") continue;
      records = await recordsOf(folder);
      if (says(records)) return records;
    }
    throw new Error("The watcher of the folder was closed");
  };
  return await within(wait(), () => `The log of ${folder} must say: ${what}`);
}

/** The number of the last step in the log, 0 before the first. */
export function lastStep(records: readonly RunRecord[]): number {
  return ofType(records, "step").at(-1)?.step ?? 0;
}
