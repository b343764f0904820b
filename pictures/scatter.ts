/** Points of the plane as a picture: samples over data, so that covered and missed modes are seen at a glance. */
import { AXIS, Canvas, type Colour, DATA, SAMPLES } from "./canvas.ts";
import type { Raster } from "./raster.ts";

const SIDE = 480;
/** Room around the data, as a share of their extent. */
const ROOM = 1.25;

/**
 * Samples (dark orange) over data (blue), both [n, 2] row-major, on a square around 0 whose extent follows the
 * data, so that the pictures of a run compare; without data it follows the samples. The second axis points up. A
 * sample outside is drawn at the rim; one that is not finite is not drawn.
 */
export function scatterPlot(samples: Float32Array, data?: Float32Array): Raster {
  const extent = ROOM * largest(data ?? samples) || 1;
  const canvas = new Canvas(SIDE, SIDE);
  const middle = SIDE / 2;
  for (let i = 0; i < SIDE; i++) {
    canvas.blend(i, middle, AXIS, 1);
    canvas.blend(middle, i, AXIS, 1);
  }
  if (data) drawPoints(canvas, data, extent, DATA);
  drawPoints(canvas, samples, extent, SAMPLES);
  return canvas.raster();
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
    if (Number.isFinite(x) && Number.isFinite(y)) canvas.dot(place(x), place(-y), colour);
  }
}
