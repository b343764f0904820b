import assert from "node:assert/strict";
import { Downsampled } from "../../../coordinator/live/downsampled.ts";

const stepsOf = (list: Downsampled<{ step: number }>) => list.entries.map(({ step }) => step);

function filled(count: number, max = 8): Downsampled<{ step: number }> {
  const list = new Downsampled<{ step: number }>(max);
  for (let i = 0; i < count; i++) list.add({ step: 10 * i });
  return list;
}

Deno.test("a short list is kept whole, a longer one in even distances, with its first and its newest", () => {
  assert.deepEqual(stepsOf(filled(8)), [0, 10, 20, 30, 40, 50, 60, 70]);
  assert.deepEqual(stepsOf(filled(9)), [0, 20, 40, 60, 80]);
  assert.deepEqual(stepsOf(filled(10)), [0, 20, 40, 60, 80, 90]);
  for (let count = 1; count < 500; count++) {
    const steps = stepsOf(filled(count));
    assert.ok(steps.length <= 9, `${count}: ${steps}`);
    assert.deepEqual([steps[0], steps.at(-1)], [0, 10 * (count - 1)]);
    const gaps = new Set(steps.slice(1, -1).map((step, i) => step - steps[i]!));
    assert.ok(gaps.size <= 1, `${count}: ${steps}`);
  }
});

Deno.test("what a resume takes back is gone, and the list goes on as if it had never been", () => {
  for (const back of [0, 5, 6, 7, 30, 99]) {
    const list = filled(100);
    list.takeBackAfter(10 * back);
    assert.ok(stepsOf(list).every((step) => step <= 10 * back));
    for (let i = back + 1; i < 100; i++) list.add({ step: 10 * i });
    assert.equal(stepsOf(list).at(-1), 990);
    assert.ok(stepsOf(list).length <= 9);
  }
});

Deno.test("an entry of a step that is there already takes its place", () => {
  const list = filled(3);
  list.add({ step: 20 });
  assert.deepEqual(stepsOf(list), [0, 10, 20]);
});
