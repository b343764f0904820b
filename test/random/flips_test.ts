import assert from "node:assert/strict";
import { flipImages } from "../../random/flips.ts";
import { Stream } from "../../random/philox.ts";

const KEY = { seed: 9, purpose: "critic_flip", counter: 7, shard: 2 } as const;
const COUNT = 500, ROWS = 2, COLUMNS = 3, SIZE = ROWS * COLUMNS;
const images = () => Float32Array.from({ length: COUNT * SIZE }, (_, i) => i);

/** Pixel by pixel, by the words of the stream (which philox_test.ts compares with NumPy's). */
function expected(skip: number): Float32Array {
  const stream = new Stream(KEY, skip), out = images();
  for (let n = 0; n < COUNT; n++) {
    const is_flipped = stream.nextUint32() < 2 ** 31;
    for (let row = 0; row < ROWS; row++) {
      for (let column = 0; column < COLUMNS; column++) {
        const from = is_flipped ? COLUMNS - 1 - column : column;
        out[n * SIZE + row * COLUMNS + column] = n * SIZE + row * COLUMNS + from;
      }
    }
  }
  return out;
}

Deno.test("flips: each image as a whole, by one word each, about half of them", () => {
  const flipped = images();
  flipImages(flipped, COUNT, COLUMNS, KEY);
  assert.deepEqual(flipped, expected(0));
  const count =
    Array.from({ length: COUNT }, (_, n) => flipped[n * SIZE] !== n * SIZE).filter(Boolean).length;
  assert.ok(Math.abs(count - COUNT / 2) < 4 * Math.sqrt(COUNT / 4), `${count}`);
});

Deno.test("flips: the leaves of a shard share its stream", () => {
  const whole = images(), parts = images();
  flipImages(whole, COUNT, COLUMNS, KEY);
  for (const half of [0, 1]) {
    const part = parts.subarray(half * COUNT / 2 * SIZE, (half + 1) * COUNT / 2 * SIZE);
    flipImages(part, COUNT / 2, COLUMNS, KEY, half * COUNT / 2);
  }
  assert.deepEqual(parts, whole);
  assert.throws(() => flipImages(whole, COUNT, 4, KEY), RangeError);
});
