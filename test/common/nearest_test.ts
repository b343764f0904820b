import assert from "node:assert/strict";
import fc from "fast-check";
import { editDistance, nearest } from "../../common/nearest.ts";

Deno.test("distances of known pairs", () => {
  const table: [string, string, number][] = [
    ["", "", 0],
    ["", "abc", 3],
    ["kitten", "sitting", 3],
    ["bacth", "batch", 1],
    ["ca", "abc", 3],
  ];
  for (const [a, b, distance] of table) assert.equal(editDistance(a, b), distance, `${a} ${b}`);
});

Deno.test("the distance is symmetric, 0 only for equal words, and at most the longer length", () => {
  const word = fc.string({ maxLength: 8, unit: fc.constantFrom("a", "b", "c") });
  fc.assert(
    fc.property(word, word, (a, b) => {
      const distance = editDistance(a, b);
      assert.equal(distance, editDistance(b, a));
      assert.equal(distance === 0, a === b);
      assert.ok(distance <= Math.max(a.length, b.length));
      assert.ok(distance >= Math.abs(a.length - b.length));
    }),
    { seed: 5 },
  );
});

Deno.test("a slip is found, a stranger is not", () => {
  const known = ["batch", "shards", "preset", "n-critic", "lr"];
  assert.equal(nearest("Batch", known), "batch");
  assert.equal(nearest("shard", known), "shards");
  assert.equal(nearest("critic", known), "n-critic");
  assert.equal(nearest("l", known), "lr");
  assert.equal(nearest("teleport", known), null);
  assert.equal(nearest("batch", []), null);
});
