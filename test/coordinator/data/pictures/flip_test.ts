import assert from "node:assert/strict";
import { flipColumns } from "../../../../coordinator/data/pictures/flip.ts";

Deno.test("flips are of images, along their columns, and of nothing else", () => {
  const name = "x";
  assert.equal(flipColumns(false, { name, example_shape: [7] }), null);
  assert.equal(flipColumns(true, { name, example_shape: [28, 20] }), 20);
  assert.equal(flipColumns(true, { name, example_shape: [3, 8, 9] }), 9);
  assert.equal(flipColumns(true, { name, example_shape: [2, 3, 8, 9], axes: "CDHW" }), 9);
  for (const data of [{ example_shape: [2] }, { example_shape: [3, 50], axes: "CT" }]) {
    assert.throws(() => flipColumns(true, { name, ...data }), {
      name: "UserError",
      message:
        `Cannot use --flip: images are required, found examples of ${
          data.example_shape.join(" x ")
        } numbers ` +
        "(x); leave it out",
    });
  }
});
