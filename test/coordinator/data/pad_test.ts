import assert from "node:assert/strict";
import { wholeBytes } from "../../../coordinator/data/files/example_bytes.ts";
import { UserError } from "../../../common/errors.ts";
import { dataSetOf } from "../../../coordinator/data/data_set.ts";
import { padImages } from "../../../coordinator/data/pad.ts";

const TWO = dataSetOf("two", [2, 3], "uint8", Uint8Array.of(1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16));

Deno.test("padImages: images lie in the middle; what is odd goes below and to the right", () => {
  const padded = padImages(TWO, { pad_to: 4, pad_value: 9 });
  assert.deepEqual([padded.example_shape, padded.num_examples, padded.example_bytes], [[4, 4], 2, 16]);
  // deno-fmt-ignore
  assert.deepEqual([...wholeBytes(padded.bytes)], [
    9, 9, 9, 9,
    1, 2, 3, 9,
    4, 5, 6, 9,
    9, 9, 9, 9,

    9, 9, 9, 9,
    11, 12, 13, 9,
    14, 15, 16, 9,
    9, 9, 9, 9,
  ]);
});

Deno.test("padImages: each plane of colour images by itself", () => {
  const colours = dataSetOf("colours", [2, 1, 1], "uint8", Uint8Array.of(5, 7));
  const padded = padImages(colours, { pad_to: 2, pad_value: 0 });
  assert.deepEqual(padded.example_shape, [2, 2, 2]);
  assert.deepEqual([...wholeBytes(padded.bytes)], [5, 0, 0, 0, 7, 0, 0, 0]);
});

Deno.test("padImages: without a size, or at that size, data stay what they are", () => {
  assert.equal(padImages(TWO, { pad_to: null, pad_value: 0 }), TWO);
  const square = dataSetOf("square", [2, 2], "uint8", new Uint8Array(4));
  assert.equal(padImages(square, { pad_to: 2, pad_value: 0 }), square);
});

Deno.test("padImages: what is larger, and what is no image, is refused", () => {
  const points = dataSetOf("points", [2], "float32", new Uint8Array(8));
  for (const [data, found] of [[TWO, "3 x 2"], [points, "points of 2 numbers"]] as const) {
    assert.throws(() => padImages(data, { pad_to: 2, pad_value: 0 }), {
      name: UserError.name,
      message: `Cannot pad examples to 2 x 2: images of at most that size are required, found ${found}; ` +
        "use a larger --pad-to, or other data",
    });
  }
});
