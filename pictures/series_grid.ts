/** Series of numbers as small curves in a grid, so that made ones can be held beside real ones. */
import { numElements } from "../common/shape.ts";
import { blank, type Raster } from "./raster.ts";

const CELL = 84;
const GAP = 2;
const GAP_TONE = 96;
const PAPER = 255;
/** Of the first channel, and a tone that the last stays below. */
const INK = 32;
const PALEST = 208;
/** Room above and below the curves, as a share of their range. */
const ROOM = 0.1;

export interface SeriesGridShape {
  readonly rows: number;
  readonly cols: number;
  /** Numbers of one series and channel, 2 or more. */
  readonly length: number;
  /** Channels of a series, one after the other, drawn over each other, each in its own scale; 1 if left out. */
  readonly channels?: number;
  /** Numbers whose range is that of every cell, so that pictures of one run compare. What lies outside is at the rim. */
  readonly scale_by: Float32Array;
}

/** Length and channels of examples that are series: [T] or [C, T]. */
export function seriesShape(
  example_shape: readonly number[],
): { readonly length: number; readonly channels: number } {
  const [length, ...channels] = example_shape.toReversed();
  return { length: length!, channels: numElements(channels) };
}

/** Series, one after the other in `values`, row by row, the first number at the left. What is not finite is not drawn. */
export function seriesGrid(
  values: Float32Array,
  { rows, cols, length, channels = 1, scale_by }: SeriesGridShape,
): Raster {
  const step = CELL + GAP;
  const grid = blank(cols * step + GAP, rows * step + GAP, 1, GAP_TONE);
  const heights = Array.from(
    { length: channels },
    (_, channel) => scaleOf(scale_by, channel, channels, length),
  );
  const size = channels * length;
  const count = Math.min(rows * cols, Math.floor(values.length / size));
  for (let i = 0; i < count; i++) {
    const left = GAP + (i % cols) * step, top = GAP + Math.floor(i / cols) * step;
    for (let y = 0; y < CELL; y++) {
      grid.data.fill(PAPER, (top + y) * grid.width + left, (top + y) * grid.width + left + CELL);
    }
    heights.forEach((heightOf, channel) => {
      const begin = i * size + channel * length;
      const ink = INK + Math.floor(channel * (PALEST - INK) / channels);
      drawCurve(grid, { left, top, ink }, values.subarray(begin, begin + length), heightOf);
    });
  }
  return grid;
}

/** From a number of a channel to its row in a cell, 0 at the top. */
function scaleOf(
  numbers: Float32Array,
  channel: number,
  channels: number,
  length: number,
): (value: number) => number {
  let low = Infinity, high = -Infinity;
  for (let at = 0; at < numbers.length; at++) {
    const value = numbers[at]!;
    if (Math.floor(at / length) % channels !== channel || !Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const range = high > low ? high - low : 1;
  const top = (high > low ? high : Number.isFinite(high) ? high + 0.5 : 0.5) + ROOM * range;
  const extent = range * (1 + 2 * ROOM);
  return (value) => Math.min(CELL - 1, Math.max(0, (top - value) / extent * (CELL - 1)));
}

/** A pixel in each column, and those between it and the next. */
function drawCurve(
  grid: Raster,
  { left, top, ink }: { readonly left: number; readonly top: number; readonly ink: number },
  series: Float32Array,
  heightOf: (value: number) => number,
): void {
  let last: number | null = null;
  for (let x = 0; x < CELL; x++) {
    const at = x * (series.length - 1) / (CELL - 1);
    const before = Math.min(series.length - 2, Math.floor(at));
    const share = at - before;
    const value = (1 - share) * series[before]! + share * series[before + 1]!;
    if (!Number.isFinite(value)) {
      last = null;
      continue;
    }
    const y = Math.round(heightOf(value));
    const [from, to] = last === null ? [y, y] : [Math.min(y, last), Math.max(y, last)];
    for (let row = from; row <= to; row++) grid.data[(top + row) * grid.width + left + x] = ink;
    last = y;
  }
}
