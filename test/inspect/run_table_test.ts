/** The table of runs. */
import assert from "node:assert/strict";
import { runReport } from "../../inspect/run_report.ts";
import { runTable, whatOf } from "../../inspect/run_table.ts";
import { noneSkipped } from "../../runlog/log/reader.ts";
import { RunFold, type Summary } from "../../runlog/summary/summary.ts";
import { runRecord, steps, TIME } from "../runlog/log/example_log.ts";
import { FINISHED, LISTED, PLAIN } from "./report_scene.ts";

Deno.test("the table of runs", () => {
  const now_ms = Date.parse(TIME) + 3 * 3_600_000;
  assert.equal(
    runTable(LISTED, now_ms, PLAIN).join("\n"),
    `RUN              STATE       WHAT             STEPS  DISTANCE  IMAGES/S  STARTED
2026-03-01-wgan  finished    wgan on strokes     30      0.05       800  3 h ago
failed           failed      wgan on strokes      3         -       800  3 h ago
of-the-future    unreadable  -                    -         -         -        -
young            running     wgan on strokes      0         -         -  3 h ago

Cannot read runs/of-the-future: it is of another format`,
  );
});

Deno.test("a preset that is called as its data is named once", () => {
  const { data } = FINISHED;
  assert.equal(whatOf({ config: { preset: "strokes" }, data }), "strokes");
  assert.equal(whatOf({ config: { preset: "wgan" }, data }), "wgan on strokes");
  assert.equal(whatOf({ config: {}, data }), "strokes");
});

Deno.test("a narrow table leaves columns out, and colours only the state", () => {
  const lines = runTable(LISTED.slice(1, 2), Date.parse(TIME), { colour: true, unicode: true, width: 24 });
  assert.deepEqual(lines, [
    "\x1b[1mRUN     STATE   STEPS\x1b[22m",
    "failed  \x1b[31mfailed\x1b[39m      3",
  ]);
});

Deno.test("where a table of runs has no room each run has lines of its own", () => {
  assert.deepEqual(runTable(LISTED.slice(0, 3), Date.parse(TIME), { ...PLAIN, width: 32 }), [
    "RUNS",
    "2026-03-01-wgan",
    "  finished, 30 steps, distance",
    "  0.05",
    "failed",
    "  failed, 3 steps, distance -",
    "of-the-future",
    "  unreadable",
    "",
    "Cannot read runs/of-the-future:",
    "it is of another format",
  ]);
});

Deno.test("a run is shown under the name that a person gave, and with the newest note, cleaned", () => {
  const fold = new RunFold();
  for (const record of [runRecord({ name: "fir\x1bst", note: "one\ntwo" }), ...steps(1, 3)]) fold.add(record);
  const about = { findings: [], files: [] };
  const shown = (summary: Summary, folder: string) =>
    runReport({ ...about, folder, summary }, PLAIN).join("\n");
  const before = fold.summary(false, noneSkipped());
  assert.match(shown(before, "runs/x"), /^fir\ufffdst \(x\) {2}.*\n {2}Note: one two\n/);
  fold.add({ type: "resume", step: 3, incarnation: 1, changed: {}, note: "three", time: TIME });
  fold.add({ type: "resume", step: 3, incarnation: 2, changed: {}, time: TIME });
  const after = fold.summary(false, noneSkipped());
  assert.match(shown(after, "runs/2026_fir\ufffdst"), /^2026_fir\ufffdst {2}.*\n {2}Note: three\n/);
  const listed = { name: "x", summary: after, problem: null };
  assert.match(runTable([listed], 0, PLAIN).join("\n"), /^fir\ufffdst \(x\) +unknown/m);
});
