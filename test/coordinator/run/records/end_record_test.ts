import assert from "node:assert/strict";
import { endRecord } from "../../../../coordinator/run/records/end_record.ts";
import { weightsSha256 } from "../../../../coordinator/training/model_state.ts";
import { checkRecord } from "../../../../runlog/records.ts";
import { stateAt } from "../../training/small_state.ts";

const CONTEXT = { batch: 8, numeric_classes: ["a"], seconds: 9, steps: 10, training_seconds: 4 };

Deno.test("the last record counts the whole run's examples, and the speed of this start", () => {
  const state = stateAt(25);
  const record = endRecord("finished", "", state, CONTEXT);
  assert.deepEqual(record, {
    ...{ type: "end", reason: "finished", detail: "", step: 25, generator_steps: 5, bits: "exact" },
    weights_sha256: weightsSha256(state),
    numeric_classes: ["a"],
    examples_used: 200,
    seconds: 9,
    images_per_second: 20,
  });
  assert.deepEqual(checkRecord(record), { record });
});

Deno.test("two numeric classes make no exact bits, and a run without a step has no speed", () => {
  const numeric_classes = ["a", "b"];
  const record = endRecord("interrupted", "", stateAt(0), {
    ...CONTEXT,
    ...{ numeric_classes, steps: 0, training_seconds: 0 },
  });
  assert.deepEqual([record.bits, record.images_per_second], ["tolerance", 0]);
});
