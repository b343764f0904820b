import assert from "node:assert/strict";
import { numElements } from "../../common/shape.ts";

Deno.test("numElements: the product of the extents; a scalar has one, an empty axis none", () => {
  assert.deepEqual([[], [7], [3, 64, 64], [4, 0, 2]].map(numElements), [1, 7, 12288, 0]);
});
