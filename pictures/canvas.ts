/** A white sheet on which dots and areas shine through each other; its tones are rounded only at the end. */
import { blank, type Raster } from "./raster.ts";

export type Colour = readonly [number, number, number];

/** Real examples, and what a generator makes, in all pictures. */
export const DATA: Colour = [120, 160, 205];
export const SAMPLES: Colour = [214, 72, 28];
export const AXIS: Colour = [232, 232, 236];

/** Points shine through each other: dense places are darker. */
const OPACITY = 0.45;
/** Opacity of the pixels of a dot, as shares of OPACITY: a disc of about 3 pixels. */
const DOT = [[0.4, 0.8, 0.4], [0.8, 1, 0.8], [0.4, 0.8, 0.4]] as const;

export class Canvas {
  readonly #width: number;
  readonly #height: number;
  /** Red, green, blue of each pixel. */
  readonly #tones: Float64Array;

  constructor(width: number, height: number) {
    this.#width = width;
    this.#height = height;
    this.#tones = new Float64Array(3 * width * height).fill(255);
  }

  blend(x: number, y: number, colour: Colour, opacity: number): void {
    const pixel = 3 * (y * this.#width + x);
    for (let c = 0; c < 3; c++) this.#tones[pixel + c]! += (colour[c]! - this.#tones[pixel + c]!) * opacity;
  }

  /** All pixels from (left, top) on. */
  fill(left: number, top: number, width: number, height: number, colour: Colour, opacity = 1): void {
    for (let y = top; y < top + height; y++) {
      for (let x = left; x < left + width; x++) this.blend(x, y, colour, opacity);
    }
  }

  /** A dot around (x, y), which must lie a pixel or more within. */
  dot(x: number, y: number, colour: Colour): void {
    DOT.forEach((row, dy) =>
      row.forEach((share, dx) => this.blend(x + dx - 1, y + dy - 1, colour, share * OPACITY))
    );
  }

  raster(): Raster {
    const picture = blank(this.#width, this.#height, 3, 255);
    this.#tones.forEach((tone, i) => picture.data[i] = Math.round(tone));
    return picture;
  }
}
