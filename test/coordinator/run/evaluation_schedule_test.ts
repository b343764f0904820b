import assert from "node:assert/strict";
import { EvaluationSchedule } from "../../../coordinator/run/evaluation_schedule.ts";

function scene(sample_every: number, evaluate_every: number, evaluate_first = false) {
  const begun: string[] = [];
  const schedule = new EvaluationSchedule({ sample_every, evaluate_every, evaluate_first }, {
    vitals: () => void begun.push("vitals"),
    sample: () => void begun.push("sample"),
    evaluate: () => void begun.push("evaluate"),
    scoreHeldOut: () => void begun.push("score"),
  });
  return { begun, schedule };
}

Deno.test("a new run begins with a picture and a distance, a resumed one with neither", () => {
  const { begun, schedule } = scene(2, 2);
  schedule.begin(12);
  assert.deepEqual(begun, []);
  schedule.begin(0);
  assert.deepEqual(begun, ["sample", "evaluate"]);
});

Deno.test("a resumed run evaluates the step that it goes on from if that was due and never came to be", () => {
  const { begun, schedule } = scene(2, 4, true);
  schedule.begin(13);
  assert.deepEqual(begun, []);
  schedule.begin(12);
  assert.deepEqual(begun, ["evaluate"]);
});

Deno.test("each is due by its own interval; with samples, state and held-out examples are looked at", () => {
  const { begun, schedule } = scene(2, 3);
  const due = [1, 2, 3, 4, 5, 6].map((step) => {
    const is_sampled = schedule.committed(step);
    return [is_sampled, ...begun.splice(0)].join(" ");
  });
  const samples = "vitals sample score";
  assert.deepEqual(due, [
    "false",
    `true ${samples}`,
    "false evaluate",
    `true ${samples}`,
    "false",
    `true evaluate ${samples}`,
  ]);
});

Deno.test("what is due within a round is done once, at its end", () => {
  const { begun, schedule } = scene(2, 7);
  const due = [5, 10, 15].map((step) => [schedule.committed(step, 5), ...begun.splice(0)].join(" "));
  const samples = "vitals sample score";
  assert.deepEqual(due, [`true ${samples}`, `true evaluate ${samples}`, `true evaluate ${samples}`]);
  const rare = scene(12, 0).schedule;
  assert.deepEqual([5, 10, 15, 20, 25].map((step) => rare.committed(step, 5)), [
    ...[false, false, true],
    ...[false, true],
  ]);
});

Deno.test("an interval of 0 leaves start and end", () => {
  const { begun, schedule } = scene(0, 0);
  for (let step = 1; step <= 100; step++) assert.equal(schedule.committed(step), false);
  assert.deepEqual(begun, []);
  schedule.end();
  assert.deepEqual(begun, ["vitals", "sample", "evaluate"]);
});
