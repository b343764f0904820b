import assert from "node:assert/strict";
import { examine } from "../../../runlog/doctor/doctor.ts";
import type { Finding } from "../../../runlog/doctor/rule.ts";
import { noneSkipped } from "../../../runlog/log/reader.ts";
import type { RecordOf } from "../../../runlog/records.ts";
import { RunFold } from "../../../runlog/summary/summary.ts";
import { runRecord, steps } from "../log/example_log.ts";

/** What is found in a run on such data. */
function foundIn(data: Partial<RecordOf<"run">["data"]>): Finding[] {
  const run = runRecord(), fold = new RunFold();
  for (const record of [{ ...run, data: { ...run.data, ...data } }, ...steps(1, 10)]) fold.add(record);
  return examine(fold.summary(false, noneSkipped()));
}

Deno.test("data-constant: all values are equal", () => {
  const of = (sd: number) =>
    foundIn({ values: { min: -1, max: sd - 1, mean: -1, sd } }).map(({ code }) => code);
  assert.deepEqual([of(0), of(0.1)], [["data-constant"], []]);
});

Deno.test("classes-missing: a fault where a class has few examples, a note where it has none", () => {
  const found = (class_counts: readonly number[]) => {
    const class_names = class_counts.map((_, i) => `k${i}`);
    const [finding] = foundIn({ labels: { class_names, class_counts, sha256: "" } });
    return finding && [finding.code, finding.grade, finding.seen];
  };
  const few = "fewer than 10 training examples";
  assert.equal(found([10, 10]), undefined);
  assert.deepEqual(found([10, 0, 10]), [
    "classes-missing",
    "note",
    `1 class of 3 (k1) has ${few}, all of them without any`,
  ]);
  assert.deepEqual(found([9, 0, 10]), [
    "classes-missing",
    "fault",
    `2 classes of 3 (k0, k1) have ${few}, 1 without any`,
  ]);
  assert.deepEqual(found([9, 8, 10])![2], `2 classes of 3 (k0, k1) have ${few}, none without any`);
});
