/**
 * The data set that the project draws itself: small grey images of six pen-stroke glyphs, each with its own
 * position, size, slant, turn and thickness. Anti-aliased; background 0, ink 255. Example i is a pure function
 * of (seed, i), to the bit on every machine: only + - x / sqrt and our own sine and cosine are used.
 */
import { Stream } from "../../random/philox.ts";
import { cosTurns, sinTurns } from "../../random/special.ts";
import { type DataSetInMemory, dataSetOf } from "./data_set.ts";
import type { Labels } from "./labels/labels.ts";

/** Rows and columns of an image. */
export const STROKES_SIDE = 16;
export const DEFAULT_STROKES_EXAMPLES = 10_240;

type Point = readonly [x: number, y: number];
type Path = readonly Point[];

/** The glyphs as pen paths in the square [-1, 1] x [-1, 1], y downwards. Example i shows glyph i mod 6. */
export const GLYPHS: Readonly<Record<string, readonly Path[]>> = {
  ring: [Array.from({ length: 17 }, (_, i) => [0.95 * cosTurns(i / 16), 0.95 * sinTurns(i / 16)] as const)],
  cross: [[[-0.85, -0.85], [0.85, 0.85]], [[0.85, -0.85], [-0.85, 0.85]]],
  bar: [[[0, -1], [0, 1]]],
  zigzag: [[[-0.8, -0.85], [0.8, -0.85], [-0.8, 0.85], [0.8, 0.85]]],
  tee: [[[-0.9, -0.85], [0.9, -0.85]], [[0, -0.85], [0, 0.95]]],
  wedge: [[[-0.85, -0.9], [0, 0.9], [0.85, -0.9]]],
};

/** Draws the set. Throws RangeError when the number of examples is not an integer of at least 1. */
export function drawStrokes(seed: number, num_examples = DEFAULT_STROKES_EXAMPLES): DataSetInMemory {
  if (!Number.isSafeInteger(num_examples) || num_examples < 1) {
    throw new RangeError(`A data set must have 1 or more examples: found ${num_examples}`);
  }
  const glyphs = Object.values(GLYPHS);
  const size = STROKES_SIDE * STROKES_SIDE;
  const bytes = new Uint8Array(num_examples * size);
  for (let i = 0; i < num_examples; i++) {
    const stream = new Stream({ seed, purpose: "dataset", counter: i, shard: 0 });
    drawGlyph(bytes.subarray(i * size, (i + 1) * size), glyphs[i % glyphs.length]!, stream);
  }
  return dataSetOf("strokes", [STROKES_SIDE, STROKES_SIDE], "uint8", bytes);
}

/** The glyph of each example. */
export function strokesLabels(num_examples = DEFAULT_STROKES_EXAMPLES): Labels {
  const class_names = Object.keys(GLYPHS);
  return {
    values: Uint32Array.from({ length: num_examples }, (_, i) => i % class_names.length),
    class_names,
  };
}

function drawGlyph(image: Uint8Array, glyph: readonly Path[], stream: Stream): void {
  const within = (low: number, high: number) => low + (high - low) * stream.nextUniform();
  const half_thickness = within(1.0, 1.35);
  const place = placement(within);
  const squares = new Float64Array(image.length).fill(Infinity);
  for (const path of glyph) {
    const points = path.map(place);
    for (let i = 1; i < points.length; i++) nearest(squares, points[i - 1]!, points[i]!);
  }
  for (let i = 0; i < image.length; i++) {
    const ink = half_thickness + 0.5 - Math.sqrt(squares[i]!);
    image[i] = Math.floor(255 * Math.min(1, Math.max(0, ink)) + 0.5);
  }
}

/** A random map from the glyph's square to pixels: size, slant, turn, then position. */
function placement(within: (low: number, high: number) => number): (point: Point) => Point {
  const half_width = within(4.4, 5.4);
  const half_height = within(4.6, 5.4);
  const slant = within(-0.15, 0.15);
  const turn = within(-0.025, 0.025);
  const centre_x = STROKES_SIDE / 2 + within(-0.8, 0.8);
  const centre_y = STROKES_SIDE / 2 + within(-0.8, 0.8);
  const cos = cosTurns(turn), sin = sinTurns(turn);
  return ([u, v]) => {
    const x = half_width * (u - slant * v), y = half_height * v;
    return [centre_x + cos * x - sin * y, centre_y + sin * x + cos * y];
  };
}

/** Lowers each pixel's squared distance (from its centre) to that from the segment a to b. */
function nearest(squares: Float64Array, [ax, ay]: Point, [bx, by]: Point): void {
  const dx = bx - ax, dy = by - ay;
  const length_square = dx * dx + dy * dy;
  for (let row = 0, i = 0; row < STROKES_SIDE; row++) {
    for (let column = 0; column < STROKES_SIDE; column++, i++) {
      const x = column + 0.5 - ax, y = row + 0.5 - ay;
      const along = Math.min(1, Math.max(0, (x * dx + y * dy) / length_square));
      const ex = x - along * dx, ey = y - along * dy;
      const square = ex * ex + ey * ey;
      if (square < squares[i]!) squares[i] = square;
    }
  }
}
