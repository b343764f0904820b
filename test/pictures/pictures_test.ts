import assert from "node:assert/strict";
import { decode } from "fast-png";
import { imageGrid } from "../../pictures/grid.ts";
import { encodePng } from "../../pictures/png.ts";
import { blank, enlarge, paste, type Raster, sideBySide } from "../../pictures/raster.ts";
import { scatterPlot } from "../../pictures/scatter.ts";

function pixel(
  { data, width, channels }: Omit<Raster, "channels"> & { channels: number },
  x: number,
  y: number,
) {
  return [...data.subarray((y * width + x) * channels, (y * width + x + 1) * channels)];
}

Deno.test("a picture comes back from its PNG as it was", () => {
  for (const channels of [1, 3] as const) {
    const data = Uint8Array.from({ length: 5 * 4 * channels }, (_, i) => 13 * i);
    const decoded = decode(encodePng({ width: 5, height: 4, channels, data }));
    assert.deepEqual([decoded.width, decoded.height, decoded.channels, decoded.depth], [5, 4, channels, 8]);
    assert.deepEqual(decoded.data, data);
  }
});

Deno.test("enlarging makes squares of pixels", () => {
  const small: Raster = { width: 2, height: 1, channels: 3, data: Uint8Array.of(1, 2, 3, 4, 5, 6) };
  const row = [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6];
  assert.deepEqual(enlarge(small, 2), {
    width: 4,
    height: 2,
    channels: 3,
    data: Uint8Array.from([...row, ...row]),
  });
});

Deno.test("pictures beside each other have a white margin, and grey turns to colour where the other has it", () => {
  const grey = blank(2, 1, 1, 7);
  const colour = blank(1, 2, 3, 9);
  const both = sideBySide(grey, colour, 3);
  assert.deepEqual([both.width, both.height, both.channels], [6, 2, 3]);
  assert.deepEqual([0, 1, 2, 4, 5].map((x) => pixel(both, x, 0)[0]), [7, 7, 255, 255, 9]);
  assert.deepEqual([0, 1, 2, 4, 5].map((x) => pixel(both, x, 1)[0]), [255, 255, 255, 255, 9]);
  assert.deepEqual(sideBySide(grey, grey, 1).data, Uint8Array.of(7, 7, 255, 7, 7));
});

Deno.test("pasting keeps to its rectangle", () => {
  const target = blank(4, 3, 1, 0);
  paste(target, blank(2, 2, 1, 5), 1, 1);
  assert.deepEqual([...target.data], [0, 0, 0, 0, 0, 5, 5, 0, 0, 5, 5, 0]);
});

Deno.test("a grid of 28 x 28 images is three times as large, row by row, with gaps", () => {
  const size = 28 * 28;
  const examples = new Uint8Array(25 * size);
  for (let i = 0; i < 25; i++) examples.fill(10 * i, i * size, (i + 1) * size);
  examples[7 * size + 28 * 2 + 3] = 255;
  const grid = decode(
    encodePng(imageGrid(examples, { rows: 5, cols: 5, height: 28, width: 28, channels: 1 })),
  );
  const side = 5 * 84 + 6 * 2;
  assert.deepEqual([grid.width, grid.height, grid.channels], [side, side, 1]);
  const at = (x: number, y: number) => pixel(grid as Raster, x, y)[0];
  for (let i = 0; i < 25; i++) {
    const [left, top] = [2 + (i % 5) * 86, 2 + Math.floor(i / 5) * 86];
    assert.deepEqual([at(left, top), at(left + 83, top + 83)], [10 * i, 10 * i], `image ${i}`);
    assert.deepEqual(
      [at(left - 1, top), at(left, top - 2), at(left + 84, top + 84)],
      [96, 96, 96],
      `gap ${i}`,
    );
  }
  // Row 2, column 3 of image 7, which is in row 1, column 2 of the grid.
  const [x, y] = [2 + 2 * 86 + 3 * 3, 2 + 86 + 2 * 3];
  assert.deepEqual([at(x, y), at(x + 2, y + 2), at(x + 3, y), at(x - 1, y)], [255, 255, 70, 70]);
});

Deno.test("float values are the inverse of v / 127.5 - 1; what lies outside is clipped", () => {
  const tones = Float32Array.from({ length: 256 }, (_, v) => Math.fround(v / 127.5 - 1));
  const shape = { rows: 1, cols: 1, height: 1, width: 256, channels: 1, gap: 0 } as const;
  assert.deepEqual([...imageGrid(tones, shape).data], Array.from({ length: 256 }, (_, v) => v));
  const outside = Float32Array.of(-3, -1.001, 1.001, 7, NaN, Infinity, -Infinity);
  assert.deepEqual(
    [...imageGrid(outside, { ...shape, width: 7 }).data.subarray(0, 7 * 12)].filter((_, i) => i % 12 === 0),
    [0, 0, 255, 255, 0, 255, 0],
  );
});

Deno.test("colour images are channels-first; missing images keep the tone of the gaps", () => {
  const red_green_blue = Uint8Array.of(1, 2, 3, 4, 5, 6);
  const grid = imageGrid(red_green_blue, { rows: 1, cols: 2, height: 1, width: 2, channels: 3, gap: 0 });
  assert.deepEqual([grid.width, grid.height], [168, 42]);
  assert.deepEqual(pixel(grid, 0, 0), [1, 3, 5]);
  assert.deepEqual(pixel(grid, 83, 41), [2, 4, 6]);
  assert.deepEqual(pixel(grid, 84, 0), [96, 96, 96]);
  assert.throws(
    () => imageGrid(new Uint8Array(5), { rows: 1, cols: 1, height: 1, width: 2, channels: 3 }),
    new RangeError("A grid needs whole images of 6 values: found 5 values"),
  );
});

Deno.test("samples lie over data, the second axis points up, and the extent follows the data", () => {
  const data = Float32Array.of(1, 1, -1, -1);
  const plot = scatterPlot(Float32Array.of(1, -1, -1, -1, 50, 0, NaN, 0), data);
  assert.deepEqual([plot.width, plot.height, plot.channels], [480, 480, 3]);
  const near = (value: number) => Math.round(240 + value * 477 / 2 / 1.25);
  const isBlue = ([r, , b]: number[]) => b! > r! + 20;
  const isRed = ([r, , b]: number[]) => r! > b! + 20;
  assert.ok(isBlue(pixel(plot, near(1), near(-1))), "data at (1, 1), upper right");
  assert.ok(isRed(pixel(plot, near(1), near(1))), "a sample at (1, -1), lower right");
  assert.ok(isRed(pixel(plot, near(-1), near(1))), "a sample over data at (-1, -1)");
  assert.deepEqual(pixel(plot, near(-1), near(-1)), [255, 255, 255]);
  assert.ok(isRed(pixel(plot, 478, 240)), "a sample far outside, at the rim");
  const drawn = Array.from({ length: 480 * 480 }, (_, i) => pixel(plot, i % 480, Math.floor(i / 480)));
  assert.equal(drawn.filter(isRed).length, 3 * 9, "a sample that is no number is not drawn");
});

Deno.test("dense places are darker", () => {
  const green = (points: number[]) =>
    pixel(scatterPlot(Float32Array.of(...points, 2, 2)), 240 + 95, 240 - 95)[1]!;
  assert.ok(green([1, 1, 1, 1]) < green([1, 1]) - 20);
});
