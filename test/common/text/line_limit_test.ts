import assert from "node:assert/strict";
import { LineLimit } from "../../../common/text/line_limit.ts";

Deno.test("so many lines are said at once, and as many again in each period; the others are counted", () => {
  const limit = new LineLimit(4, 1_000);
  const taken = Array.from({ length: 10 }, () => limit.take(0)?.unsaid ?? null);
  assert.deepEqual(taken, [0, 0, 0, 0, null, null, null, null, null, null]);
  assert.deepEqual(limit.take(250), { unsaid: 6 });
  assert.equal(limit.take(251), null);
  assert.equal(limit.admit("x", 252), null);
  assert.deepEqual([1, 2, 3, 4, 5].map(() => limit.take(9_000)?.unsaid ?? null), [2, 0, 0, 0, null]);
  assert.equal(limit.admit("x", 9_250), "x (1 line left out before)");
});
