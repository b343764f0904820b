/** Samples as pictures: pixels for a canvas, without a canvas. */
import { exampleKind } from "../common/example_kind.ts";
import { numElements } from "../common/shape.ts";
import { decodeRows } from "../common/values/table.ts";
import { imageShape } from "../pictures/grid.ts";
import { pairPlot, type Tables } from "../pictures/pair_plot.ts";
import type { Raster } from "../pictures/raster.ts";
import { seriesGrid, seriesShape } from "../pictures/series_grid.ts";
import type { About } from "./about.ts";

/** Red, green, blue and opacity of each pixel, row by row. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray<ArrayBuffer>;
}

/** Pixels between images. */
const GAP = 1;
/** Sides of a scatter plot, and what it reaches from its middle to its edges. */
const PLOT_SIDE = 320;
const PLOT_REACH = 1.9;
const INK = [214, 72, 28, 255] as const;

/** Images and series beside each other. */
const GRID_COLS = 6;

/** Samples of any kind. `scale_by`: samples whose extent is the scale of series and tables, so that pictures compare. */
export function pixelsOf(samples: Float32Array, about: About, scale_by: Float32Array): Pixels {
  const kind = exampleKind(about);
  if (kind === "images") return tiles(samples, about, GRID_COLS);
  if (kind === "points") return plot(samples);
  if (kind === "table") return fromRaster(pairPlot(tablesOf(about, samples, scale_by)));
  const rows = Math.ceil(samples.length / numElements(about.example_shape) / GRID_COLS);
  const shape = { rows, cols: GRID_COLS, ...seriesShape(about.example_shape) };
  return fromRaster(seriesGrid(samples, { ...shape, scale_by }));
}

function tablesOf({ columns, table }: About, samples: Float32Array, scale_by: Float32Array): Tables {
  if (!table) return { names: columns!, samples, scale_by };
  return {
    names: table.map(({ name }) => name),
    samples: decodeRows(samples, table),
    scale_by: decodeRows(scale_by, table),
  };
}

function fromRaster({ width, height, channels, data }: Raster): Pixels {
  const pixels = new Uint8ClampedArray(4 * width * height).fill(255);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) pixels[4 * i + c] = data[channels * i + c % channels]!;
  }
  return { width, height, data: pixels };
}

/** Images beside and below each other, `cols` in a row; transparent between them. */
export function tiles(samples: Float32Array, { example_shape, value_range }: About, cols: number): Pixels {
  const { width, height, channels } = imageShape(example_shape)!;
  const [low, high] = value_range!;
  const area = width * height;
  const count = samples.length / (area * channels);
  const rows = Math.ceil(count / cols);
  const whole = { width: cols * (width + GAP) - GAP, height: rows * (height + GAP) - GAP };
  const data = new Uint8ClampedArray(4 * whole.width * whole.height);
  for (let i = 0; i < count; i++) {
    const left = (i % cols) * (width + GAP), top = Math.floor(i / cols) * (height + GAP);
    for (let pixel = 0; pixel < area; pixel++) {
      const at = 4 * ((top + Math.floor(pixel / width)) * whole.width + left + pixel % width);
      for (let c = 0; c < 3; c++) {
        const value = samples[(i * channels + c % channels) * area + pixel]!;
        data[at + c] = 255 * (value - low) / (high - low);
      }
      data[at + 3] = 255;
    }
  }
  return { ...whole, data };
}

/** Points of the plane as dots; the second axis points up. One outside is not shown. */
export function plot(points: Float32Array): Pixels {
  const data = new Uint8ClampedArray(4 * PLOT_SIDE * PLOT_SIDE);
  const place = (value: number) => Math.round((value / PLOT_REACH + 1) * (PLOT_SIDE - 1) / 2);
  for (let i = 0; i + 1 < points.length; i += 2) {
    const x = place(points[i]!), y = place(-points[i + 1]!);
    for (const [dx, dy] of [[0, 0], [1, 0], [0, 1], [1, 1]] as const) {
      if (x < 0 || y < 0 || x + dx >= PLOT_SIDE || y + dy >= PLOT_SIDE) continue;
      data.set(INK, 4 * ((y + dy) * PLOT_SIDE + x + dx));
    }
  }
  return { width: PLOT_SIDE, height: PLOT_SIDE, data };
}
