/** Wrong results, held against their workers for a day. */
import assert from "node:assert/strict";
import { WrongResults } from "../../../coordinator/fleet/wrong_results.ts";

const HOUR_MS = 3_600_000;

Deno.test("a second wrong result within 24 hours is a repeated one; a rarer one, or another worker's, is not", () => {
  const wrong = new WrongResults();
  assert.equal(wrong.isRepeated("one", 0), false);
  assert.equal(wrong.isRepeated("two", HOUR_MS), false);
  assert.equal(wrong.isRepeated("one", 24 * HOUR_MS), false);
  assert.equal(wrong.isRepeated("one", 47 * HOUR_MS), true);
});

Deno.test("of more than 1024 workers the one that was wrong longest ago is forgotten", () => {
  const wrong = new WrongResults();
  for (let i = 0; i < 1025; i++) wrong.isRepeated(`worker ${i}`, i);
  assert.equal(wrong.isRepeated("worker 1", 1025), true);
  assert.equal(wrong.isRepeated("worker 0", 1026), false);
});
