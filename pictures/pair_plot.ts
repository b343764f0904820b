/** Tables of numbers as pictures: a histogram of each column, and each two columns against each other. */
import { AXIS, Canvas, type Colour, DATA, SAMPLES } from "./canvas.ts";
import { ADVANCE, GLYPH_HEIGHT, inFont, textRaster } from "./font.ts";
import { enlarge, paste, type Raster } from "./raster.ts";

/** Columns that are drawn against each other at most, and columns that are drawn at all. */
const MAX_PAIRED = 5;
const MAX_SHOWN = 25;
const SIDE = 800;
const MIN_CELL = 150;
const GAP = 10;
const NUM_BINS = 30;
/** Room beyond the least and the greatest value, as a share of their distance. */
const ROOM = 0.05;
/** Dots of the letters, and the line that they take. */
const DOT = 2;
const LINE = DOT * (GLYPH_HEIGHT + 2);

/** Rows of a table, [n, names.length], row-major. */
export interface Tables {
  readonly names: readonly string[];
  readonly samples: Float32Array;
  /** Real rows, drawn below the samples. */
  readonly data?: Float32Array;
  /** Rows whose extent is the scale; the real ones if left out, and without them the samples. */
  readonly scale_by?: Float32Array;
}

interface Column {
  readonly name: string;
  readonly low: number;
  readonly high: number;
  readonly samples: Float32Array;
  readonly data: Float32Array | null;
}

/** A square of the picture. */
interface Cell {
  readonly left: number;
  readonly top: number;
  readonly side: number;
}

function columnOf(rows: Float32Array, column: number, width: number): Float32Array {
  return Float32Array.from({ length: Math.floor(rows.length / width) }, (_, i) => rows[i * width + column]!);
}

function columnsOf({ names, samples, data, scale_by = data ?? samples }: Tables): Column[] {
  return names.slice(0, MAX_SHOWN).map((name, i) => {
    const own = columnOf(samples, i, names.length);
    const real = data ? columnOf(data, i, names.length) : null;
    const finite = columnOf(scale_by, i, names.length).filter(Number.isFinite);
    const low = finite.length > 0 ? finite.reduce((a, b) => Math.min(a, b)) : 0;
    const high = finite.length > 0 ? finite.reduce((a, b) => Math.max(a, b)) : 1;
    return { name, low, high, samples: own, data: real };
  });
}

/** From a value to its place between 0 and 1; one outside is at the rim. */
function placeOf(value: number, { low, high }: Column): number {
  const room = ROOM * (high - low) || 0.5;
  return Math.min(1, Math.max(0, (value - low + room) / (high - low + 2 * room)));
}

/** Shares of the values in each bin. */
function histogram(values: Float32Array, column: Column): number[] {
  const bins = new Array<number>(NUM_BINS).fill(0);
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    bins[Math.min(NUM_BINS - 1, Math.floor(NUM_BINS * placeOf(value, column)))]! += 1 / values.length;
  }
  return bins;
}

function drawFrame(canvas: Canvas, { left, top, side }: Cell): void {
  for (const at of [0, side - 1]) {
    canvas.fill(left, top + at, side, 1, AXIS);
    canvas.fill(left + at, top, 1, side, AXIS);
  }
}

/** Bars for the data, and a line for the samples over them, below two lines of text. */
function drawHistogram(canvas: Canvas, column: Column, { left, top, side }: Cell): void {
  const bars = column.data && histogram(column.data, column);
  const line = histogram(column.samples, column);
  const bottom = top + side - 1;
  const highest = Math.max(...bars ?? line) || 1;
  const room = side - 2 * LINE - 8;
  const heightOf = (share: number) => Math.round(room * Math.min(1.05, share / highest));
  const edge = (bin: number) => left + 1 + Math.round(bin * (side - 2) / NUM_BINS);
  let before = 0;
  for (let bin = 0; bin < NUM_BINS; bin++) {
    const [from, to] = [edge(bin), edge(bin + 1)];
    const bar = bars ? heightOf(bars[bin]!) : 0;
    canvas.fill(from, bottom - bar, to - from, bar, DATA, 0.6);
    const height = heightOf(line[bin]!);
    canvas.fill(from, bottom - 1 - height, to - from, 2, SAMPLES);
    const [low, high] = [Math.min(before, height), Math.max(before, height)];
    canvas.fill(from, bottom - 1 - high, 2, high - low + 2, SAMPLES);
    before = height;
  }
}

/** `across` to the right, `up` upwards. */
function drawPairs(canvas: Canvas, across: Column, up: Column, cell: Cell): void {
  const draw = (xs: Float32Array | null, ys: Float32Array | null, colour: Colour) => {
    for (let i = 0; xs && ys && i < xs.length; i++) {
      if (!Number.isFinite(xs[i]) || !Number.isFinite(ys[i])) continue;
      const place = (share: number) => 2 + Math.round(share * (cell.side - 5));
      const x = place(placeOf(xs[i]!, across)), y = place(1 - placeOf(ys[i]!, up));
      canvas.dot(cell.left + x, cell.top + y, colour);
    }
  };
  draw(across.data, up.data, DATA);
  draw(across.samples, up.samples, SAMPLES);
}

function lettersIn(side: number): number {
  return Math.floor((side - 8) / (DOT * ADVANCE));
}

/** From the least to the greatest value, in as many digits as there is room for. */
function extentText({ low, high }: Column, most: number): string {
  const texts = [3, 2, 1].map((digits) =>
    [low, high].map((value) => String(Number(value.toPrecision(digits)))).join(" to ")
  );
  return texts.find((text) => text.length <= most) ?? texts.at(-1)!;
}

function write(picture: Raster, text: string, { left, top, side }: Cell, line: number): void {
  const most = lettersIn(side);
  const shown = inFont(text);
  const fitting = shown.length <= most ? shown : `${shown.slice(0, most - 2)}..`;
  if (fitting === "") return;
  const grey = enlarge(textRaster(fitting), DOT);
  const data = new Uint8Array(3 * grey.data.length);
  grey.data.forEach((tone, i) => data.fill(tone, 3 * i, 3 * i + 3));
  paste(picture, { ...grey, channels: 3, data }, left + 4, top + 4 + line * LINE);
}

/**
 * Samples (orange) over data (blue). The first columns as a triangle: on its diagonal histograms with names and extents,
 * below it each two columns, the one of the diagonal above to the right, that of the diagonal beside it upwards. Of
 * further columns histograms, row by row.
 */
export function pairPlot(tables: Tables): Raster {
  const columns = columnsOf(tables);
  const num_paired = Math.min(MAX_PAIRED, columns.length);
  const num_rows = num_paired + Math.ceil((columns.length - num_paired) / num_paired);
  const side = Math.max(MIN_CELL, Math.floor((SIDE - GAP) / num_paired) - GAP);
  const cellOf = (row: number, col: number): Cell => ({
    left: GAP + col * (side + GAP),
    top: GAP + row * (side + GAP),
    side,
  });
  const cells = columns.map((_, i) =>
    i < num_paired ? cellOf(i, i) : cellOf(Math.floor(i / num_paired) + num_paired - 1, i % num_paired)
  );
  const canvas = new Canvas(GAP + num_paired * (side + GAP), GAP + num_rows * (side + GAP));
  columns.forEach((column, i) => {
    drawFrame(canvas, cells[i]!);
    drawHistogram(canvas, column, cells[i]!);
    for (let j = 0; j < i && i < num_paired; j++) {
      drawFrame(canvas, cellOf(i, j));
      drawPairs(canvas, columns[j]!, column, cellOf(i, j));
    }
  });
  const picture = canvas.raster();
  columns.forEach((column, i) => {
    write(picture, column.name, cells[i]!, 0);
    write(picture, extentText(column, lettersIn(side)), cells[i]!, 1);
  });
  return picture;
}
