import assert from "node:assert/strict";
import { interleave, samplesOf } from "../../../bench/report/measure.ts";

Deno.test("contenders take turns, to and fro, after a round that does not count", async () => {
  const order: string[] = [];
  const contender = (name: string) => ({ name, sample: () => order.push(name) });
  const samples = await interleave([contender("a"), contender("b")], 3);
  assert.equal(order.join(""), "ab" + "ab" + "ba" + "ab");
  assert.deepEqual(samplesOf(samples, "a"), [3, 6, 7]);
  assert.deepEqual(samplesOf(samples, "b"), [4, 5, 8]);
  assert.throws(() => samplesOf(samples, "c"), { message: "No contender is called c" });
});
