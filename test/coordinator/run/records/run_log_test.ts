import assert from "node:assert/strict";
import { RunLog } from "../../../../coordinator/run/records/run_log.ts";
import type { RecordOf, RunRecord } from "../../../../runlog/records.ts";
import { stepRecord } from "../../live/step_facts.ts";

const END = { type: "end", reason: "finished" } as RecordOf<"end">;

Deno.test("each record goes to every sink in their order, and none after the last record", () => {
  const seen: string[] = [];
  const sink = (name: string) => ({
    record: (record: RunRecord) => {
      seen.push(`${name}: ${record.type}`);
    },
  });
  const log = new RunLog([sink("file"), sink("page")]);
  log.append(stepRecord(1));
  log.append(END);
  log.append(stepRecord(2));
  log.append(END);
  assert.deepEqual(seen, ["file: step", "page: step", "file: end", "page: end"]);
});
