import assert from "node:assert/strict";
import { shapingOf } from "../../../coordinator/data/read_as.ts";

const SQUARE = { image_size: 32, channels: null } as const;

Deno.test("ground: a name or a colour", () => {
  assert.deepEqual(shapingOf(SQUARE).ground, [255, 255, 255]);
  assert.deepEqual(shapingOf({ ...SQUARE, ground: "black" }).ground, [0, 0, 0]);
  assert.deepEqual(shapingOf({ ...SQUARE, ground: "#0aC81e" }).ground, [10, 200, 30]);
  for (const ground of ["", "grey", "#12345", "#12345g"]) {
    assert.throws(() => shapingOf({ ...SQUARE, ground }), {
      name: "UserError",
      message: /^Option --ground must be white/,
    });
  }
});

Deno.test("fit: only with a size to fit", () => {
  assert.equal(shapingOf({ ...SQUARE, fit: "pad" }).fit, "pad");
  assert.throws(
    () => shapingOf({ image_size: null, channels: null, fit: "pad" }),
    /Cannot use --fit pad: .* --image-size/,
  );
});
