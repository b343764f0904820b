import assert from "node:assert/strict";
import { join } from "node:path";
import { LiveRun } from "../../../coordinator/live/live_run.ts";
import { summarize } from "../../../inspect/run_folders.ts";
import { examine } from "../../../runlog/doctor/doctor.ts";
import { verdictOf } from "../../../runlog/doctor/verdict.ts";
import { LOG_NAME, type RunRecord } from "../../../runlog/records.ts";
import { end, runRecord, stepRecord, toLines } from "../../runlog/log/example_log.ts";
import { inTempDir } from "../../temp_dir.ts";

Deno.test("at its end a run is judged by its whole log, to the same figures as inspect", async () => {
  await inTempDir(async (folder) => {
    // More steps than the live page keeps as they were.
    const steps = Array.from({ length: 12_001 }, (_, i) => {
      return stepRecord(i + 1, { wasserstein_estimate: 1 / (1 + i / 1000) });
    });
    const records: RunRecord[] = [runRecord(), ...steps, end(12_001)];
    await Deno.writeTextFile(join(folder, LOG_NAME), toLines(records));
    const live = new LiveRun();
    for (const record of records) live.record(record);
    const before = live.diagnosis(0).verdict;
    const concluded = await live.conclude(folder);
    const summary = await summarize(folder, 0);
    assert.deepEqual(concluded.verdict, verdictOf(summary, examine(summary)));
    assert.notEqual(before.sentence, concluded.verdict.sentence, "the test needs a log whose figures differ");
    assert.deepEqual(live.diagnosis(1e6), concluded, "the page shows the same");
  });
});
