/** Points of the plane as a picture: samples over data, so that covered and missed modes are seen at a glance. */
import { blank, type Raster } from "./raster.ts";

type Colour = readonly [number, number, number];

const SIDE = 480;
const AXIS: Colour = [232, 232, 236];
const DATA: Colour = [120, 160, 205];
const SAMPLES: Colour = [214, 72, 28];
/** Points shine through each other: dense places are darker. */
const OPACITY = 0.45;
/** Opacity of the pixels of a dot, as shares of OPACITY: a disc of about 3 pixels. */
const DOT = [[0.4, 0.8, 0.4], [0.8, 1, 0.8], [0.4, 0.8, 0.4]] as const;
/** Room around the data, as a share of their extent. */
const ROOM = 1.25;

/** Tones before they are rounded; red, green, blue of each pixel. */
type Canvas = Float64Array;

/**
 * Samples (dark orange) over data (blue), both [n, 2] row-major, on a square around 0 whose extent follows the
 * data, so that the pictures of a run compare; without data it follows the samples. The second axis points up. A
 * sample outside is drawn at the rim; one that is not finite is not drawn.
 */
export function scatterPlot(samples: Float32Array, data?: Float32Array): Raster {
  const extent = ROOM * largest(data ?? samples) || 1;
  const canvas = new Float64Array(3 * SIDE * SIDE).fill(255);
  const middle = SIDE / 2;
  for (let i = 0; i < SIDE; i++) {
    blend(canvas, i, middle, AXIS, 1);
    blend(canvas, middle, i, AXIS, 1);
  }
  if (data) drawPoints(canvas, data, extent, DATA);
  drawPoints(canvas, samples, extent, SAMPLES);
  const picture = blank(SIDE, SIDE, 3, 255);
  canvas.forEach((tone, i) => picture.data[i] = Math.round(tone));
  return picture;
}

/** Largest distance from 0 along an axis. */
function largest(points: Float32Array): number {
  return points.reduce((most, value) => Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most, 0);
}

function drawPoints(canvas: Canvas, points: Float32Array, extent: number, colour: Colour): void {
  const scale = (SIDE - 3) / 2 / extent;
  const place = (value: number) => Math.round(Math.min(SIDE - 2, Math.max(1, SIDE / 2 + value * scale)));
  for (let i = 0; i + 1 < points.length; i += 2) {
    const [x, y] = [points[i]!, points[i + 1]!];
    if (Number.isFinite(x) && Number.isFinite(y)) drawDot(canvas, place(x), place(-y), colour);
  }
}

function drawDot(canvas: Canvas, x: number, y: number, colour: Colour): void {
  DOT.forEach((row, dy) =>
    row.forEach((share, dx) => blend(canvas, x + dx - 1, y + dy - 1, colour, share * OPACITY))
  );
}

function blend(canvas: Canvas, x: number, y: number, colour: Colour, opacity: number): void {
  const pixel = 3 * (y * SIDE + x);
  for (let c = 0; c < 3; c++) canvas[pixel + c]! += (colour[c]! - canvas[pixel + c]!) * opacity;
}
