import assert from "node:assert/strict";
import { Stretch } from "../../../../coordinator/run/records/stretch.ts";

Deno.test("a step alone has all bytes since the one before, and its own time", () => {
  const stretch = new Stretch({ in: 0, out: 0, elapsed_ms: 0 });
  stretch.begin(100);
  stretch.measure({ in: 10, out: 7, elapsed_ms: 130.5 });
  assert.deepEqual(stretch.part(0, 1), { in: 10, out: 7, elapsed_ms: 130.5 });
  stretch.measure({ in: 15, out: 27, elapsed_ms: 140 });
  assert.deepEqual(stretch.part(0, 1), { in: 5, out: 20, elapsed_ms: 140 });
});

Deno.test("a round's steps share its bytes in whole numbers, and its time evenly", () => {
  const stretch = new Stretch({ in: 0, out: 0, elapsed_ms: 0 });
  stretch.begin(100);
  stretch.measure({ in: 10, out: 3, elapsed_ms: 140 });
  const parts = [0, 1, 2, 3].map((index) => stretch.part(index, 4));
  assert.deepEqual(parts.map(({ elapsed_ms }) => elapsed_ms), [110, 120, 130, 140]);
  assert.deepEqual(parts.map((part) => part.in), [2, 3, 2, 3]);
  assert.equal(parts.reduce((sum, { out }) => sum + out, 0), 3);
});
