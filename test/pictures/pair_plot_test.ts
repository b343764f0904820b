import assert from "node:assert/strict";
import { inFont, textRaster } from "../../pictures/font.ts";
import { pairPlot } from "../../pictures/pair_plot.ts";
import type { Raster } from "../../pictures/raster.ts";

type Area = readonly [left: number, top: number, width: number, height: number];

/** Pixels of an area that are bluish, orange and dark. */
function coloursIn({ width, data }: Raster, [left, top, across, down]: Area) {
  const found = { blue: 0, orange: 0, dark: 0 };
  for (let y = top; y < top + down; y++) {
    for (let x = left; x < left + across; x++) {
      const [red, green, blue] = data.subarray(
        3 * (y * width + x),
        3 * (y * width + x) + 3,
      ) as unknown as number[];
      if (red! < 60 && green! < 60 && blue! < 60) found.dark++;
      else if (blue! > red! + 25) found.blue++;
      else if (red! > blue! + 60) found.orange++;
    }
  }
  return found;
}

/** In two columns each cell is 385 pixels wide, 10 apart. */
const FIRST: Area = [10, 10, 385, 385], SECOND: Area = [405, 405, 385, 385];
const PAIR: Area = [10, 405, 385, 385], EMPTY: Area = [405, 10, 385, 385];

const names = ["age", "income"];
/** Rows of (i, 2 i) for i of 0 to 99. */
const DATA = Float32Array.from({ length: 200 }, (_, i) => i % 2 === 0 ? i / 2 : i - 1);

Deno.test("two columns: histograms with names on the diagonal, one against the other below it", () => {
  const picture = pairPlot({ names, data: DATA, samples: DATA.map((value) => value / 2) });
  assert.deepEqual([picture.width, picture.height, picture.channels], [800, 800, 3]);
  for (const cell of [FIRST, SECOND]) {
    const { blue, orange, dark } = coloursIn(picture, cell);
    // Data are even: their bars fill the height below the text. Samples are twice as dense, up to half of the extent.
    assert.ok(blue > 40_000 && orange > 500 && dark > 200, `${blue}, ${orange}, ${dark}`);
  }
  const [left, top, width, height] = PAIR;
  const lower_left = coloursIn(
    picture,
    [left, top + height / 2, width / 2, height / 2].map(Math.floor) as never,
  );
  const upper_right = coloursIn(
    picture,
    [left + width * 0.55, top, width * 0.4, height * 0.45].map(Math.floor) as never,
  );
  assert.ok(lower_left.orange > 100, "samples lie over the first half of the data");
  assert.deepEqual([upper_right.orange, upper_right.blue > 100], [0, true]);
  assert.deepEqual(coloursIn(picture, EMPTY), { blue: 0, orange: 0, dark: 0 });
});

Deno.test("the scale is that of the data: samples far off are at the rim, and what is no number is not drawn", () => {
  const far = pairPlot({ names, data: DATA, samples: Float32Array.of(1e9, -1e9, 1e9, -1e9) });
  const [left, top, width, height] = PAIR;
  assert.ok(coloursIn(far, [left + width - 6, top + height - 6, 6, 6]).orange > 4);
  const moved = pairPlot({ names, samples: DATA.map((value) => value + 1e6), scale_by: DATA });
  assert.ok(coloursIn(moved, [left + width - 6, top, 6, 6]).orange > 4);
  const none = pairPlot({ names, data: DATA, samples: new Float32Array(200).fill(NaN) });
  assert.equal(coloursIn(none, PAIR).orange, 0);
  // Nothing at all to take a scale from, and columns of one value.
  for (
    const samples of [new Float32Array(200).fill(NaN), new Float32Array(200).fill(7), new Float32Array()]
  ) {
    assert.equal(pairPlot({ names, samples }).width, 800);
  }
});

Deno.test("of many columns five are drawn against each other, and the others as histograms", () => {
  const many = Array.from({ length: 12 }, (_, i) => `a very long name of column ${i}`);
  const rows = Float32Array.from({ length: 12 * 50 }, (_, i) => Math.sin(i));
  const picture = pairPlot({ names: many, data: rows, samples: rows });
  // Five rows of the triangle and two of histograms, 150 pixels a cell.
  assert.deepEqual([picture.width, picture.height], [10 + 5 * 160, 10 + 7 * 160]);
  const twelfth: Area = [10 + 160, 10 + 6 * 160, 150, 150];
  assert.ok(coloursIn(picture, twelfth).blue > 1_000);
  assert.equal(coloursIn(picture, [10 + 2 * 160, 10 + 6 * 160, 150, 150]).blue, 0);
  // No more than can be looked at.
  const wide = Array.from({ length: 400 }, (_, i) => `${i}`);
  assert.equal(pairPlot({ names: wide, samples: new Float32Array(4_000) }).height, 10 + 9 * 160);
});

Deno.test("names in letters that the font lacks are drawn in those that it has", () => {
  assert.equal(inFont("Gärten, 2 €"), "Garten, 2 ?");
  const shapes = Array.from({ length: 94 }, (_, i) => textRaster(String.fromCharCode(33 + i)).data.join());
  assert.equal(new Set(shapes).size, 94);
});
