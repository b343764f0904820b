import assert from "node:assert/strict";
import type { About } from "../../sampler_page/about.ts";
import { plot, tiles } from "../../sampler_page/picture.ts";

const IMAGES: About = {
  name: "x",
  what: "y",
  latent: 1,
  example_shape: [1, 2],
  value_range: [-1, 1],
};

Deno.test("images lie beside and below each other, a transparent pixel apart", () => {
  const { width, height, data } = tiles(Float32Array.of(-1, 1, 0, -2, 1, 1), IMAGES, 2);
  assert.deepEqual([width, height], [5, 3]);
  const at = (x: number, y: number) => [...data.subarray(4 * (5 * y + x), 4 * (5 * y + x) + 4)];
  assert.deepEqual([at(0, 0), at(1, 0), at(2, 0)], [[0, 0, 0, 255], [255, 255, 255, 255], [0, 0, 0, 0]]);
  // Half way between, to the even byte; below the range it is black.
  assert.deepEqual([at(3, 0), at(4, 0), at(0, 2), at(3, 2)], [
    [128, 128, 128, 255],
    [0, 0, 0, 255],
    [255, 255, 255, 255],
    [0, 0, 0, 0],
  ]);
});

Deno.test("colour images have their channels one after the other", () => {
  const about = { ...IMAGES, example_shape: [3, 1, 1], value_range: [0, 1] as const };
  assert.deepEqual([...tiles(Float32Array.of(1, 0, 0.2), about, 1).data], [255, 0, 51, 255]);
});

Deno.test("points: the second axis points up, what lies outside is not shown", () => {
  const { width, data } = plot(Float32Array.of(-1.9, 1.9, 5, 0, NaN, 0));
  assert.deepEqual([...data.subarray(0, 4)], [214, 72, 28, 255]);
  assert.equal(data.filter((_, i) => i % 4 === 3 && data[i] === 255).length, 4);
  assert.equal(width, 320);
});
