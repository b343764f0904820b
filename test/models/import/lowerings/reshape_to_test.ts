/** Shapes that hold the batch in some form, as exporters write them, for any batch. */
import assert from "node:assert/strict";
import { reshapeTo } from "../../../../models/import/lowerings/reshape_to.ts";
import type { Shape } from "../../../../onnx/graph.ts";

/** The items, "as it is", or the reason of a refusal. */
function found(from: Shape, asked: Shape, fixed: number | null = null, allowzero = false): Shape | string {
  const reshaping = reshapeTo(from, asked, { name: "N", fixed }, allowzero);
  if (reshaping === null) return "as it is";
  return "items" in reshaping ? reshaping.items : reshaping.reason;
}

Deno.test("reshape: without the batch in it, a shape that fits stays", () => {
  assert.equal(found(["N", 6], [-1, 2, 3]), "as it is");
  assert.equal(found(["N", 6], [0, 3, 2]), "as it is");
  assert.equal(found([4, 6], [3, 8]), "as it is");
  assert.equal(found(["4*N", 6], [-1, 24]), "as it is");
});

Deno.test("reshape: the batch by its name is copied, is what is left, or is computed", () => {
  assert.deepEqual(found(["N", 6], ["N", 2, 3]), [0, 2, 3]);
  assert.deepEqual(found(["N", 6], ["N", -1]), [0, -1]);
  assert.deepEqual(found([8, "N", 6], [8, "N", 2, 3]), [8, -1, 2, 3]);
  assert.deepEqual(found(["N", 6], ["3*N", 2]), ["3*N", 2]);
  assert.deepEqual(found(["3*N", 2], ["N", -1]), ["N", -1]);
  assert.deepEqual(found(["N", 4, 3], ["N", 0, 3, 1]), [0, 0, 3, 1]);
  assert.deepEqual(
    found(["N", 6], ["N", "N", 6]),
    `its shape must contain the batch size exactly once; ${ADVICE}`,
  );
  assert.deepEqual(found(["N", 4, 3], ["N", 2, -1, 3]), [0, 2, -1, 3]);
});

const ADVICE =
  "export it with a dynamic batch axis (dynamo=True, dynamic_shapes), and take sizes from the tensor";

Deno.test("reshape: the batch as a number, alone or with other axes, where the file's axis has that number", () => {
  assert.deepEqual(found(["N", 6], [4, 2, 3], 4), [0, 2, 3]);
  assert.deepEqual(found(["N", 6, 6, 9], [24, 6, 9], 4), [-1, 6, 9]);
  assert.deepEqual(found([8, "N", 8], [8, 8, 4], 4), [8, -1, 4]);
  assert.deepEqual(found(["2*N", 3], [4, -1], 4), ["N", -1]);
});

Deno.test("reshape: the batch as a number, where the file's axis is open: the number shows in the elements", () => {
  assert.deepEqual(found(["N", 8, 24], [3, 8, 3, 2, 4]), [0, 8, 3, 2, 4]);
  assert.deepEqual(found([8, "N", 8], [8, 6, 4]), [8, -1, 4]);
  assert.deepEqual(found(["N", 8, 16], [5, -1]), [0, -1]);
});

Deno.test("reshape: a batch of 1 as a number may be any of several axes, so it is refused", () => {
  const refused = (shape: string) => `its shape [${shape}] contains a fixed batch size; ${ADVICE}`;
  assert.equal(found([1, "8*N", 16], [1, 8, 4, 4]), refused("1,8,4,4"));
  assert.equal(found([8, "N", 8], [8, 2, 4]), refused("8,2,4"));
});

Deno.test("reshape: rows of several examples are refused", () => {
  assert.equal(
    found(["N", 10], [-1, 20]),
    "its shape [-1,20] must not mix examples of a batch, and its input has the shape [N,10]; score each example independently, not several as one",
  );
});
