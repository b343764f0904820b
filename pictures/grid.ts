/** Images laid out in a grid, large enough to be looked at. */
import { numElements } from "../common/shape.ts";
import { blank, enlarge, paste, type Raster } from "./raster.ts";

/** An image is enlarged, by a whole number, until its longer side has at least this many pixels. */
const MIN_SIDE = 84;
/** Tone between the images: apart from the black and the white that images are made of. */
export const GAP_TONE = 96;

export interface GridShape {
  readonly rows: number;
  readonly cols: number;
  /** Size of one image, in its own pixels. */
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  /** Between images and around them, in pixels of the picture; 2 if left out. */
  readonly gap?: number;
  /** Pixels of the picture for one of an image, each way; large enough to be looked at if left out. */
  readonly factor?: number;
}

/**
 * Rows, columns and channels of examples that are images, [h, w] or [c, h, w]; null for points. Images of other than 1
 * or 3 channels, and volumes, are drawn as their grey planes below each other.
 */
export function imageShape(
  example_shape: readonly number[],
): Required<Pick<GridShape, "height" | "width" | "channels">> | null {
  const [width, height, channels = 1, ...more] = example_shape.toReversed();
  if (height === undefined) return null;
  if (more.length === 0 && (channels === 1 || channels === 3)) return { height, width: width!, channels };
  return { height: height * channels * numElements(more), width: width!, channels: 1 };
}

/**
 * Images as a grid, row by row. `examples` holds them one after the other, each channels-first ([channels,
 * height, width], row-major): tones as uint8, or float32 in [-1, 1], where -1 is black (what lies outside is
 * clipped). Missing images are left in the tone of the gaps; further ones are not shown.
 */
export function imageGrid(examples: Float32Array | Uint8Array, shape: GridShape): Raster {
  const { rows, cols, height, width, channels, gap = 2 } = shape;
  const factor = shape.factor ?? Math.max(1, Math.ceil(MIN_SIDE / Math.max(height, width)));
  const size = height * width * channels;
  if (examples.length % size !== 0) {
    throw new RangeError(`A grid needs whole images of ${size} values: found ${examples.length} values`);
  }
  const cell = { width: width * factor + gap, height: height * factor + gap };
  const grid = blank(cols * cell.width + gap, rows * cell.height + gap, channels, GAP_TONE);
  const count = Math.min(rows * cols, examples.length / size);
  for (let i = 0; i < count; i++) {
    const image = imageOf(examples.subarray(i * size, (i + 1) * size), shape);
    const left = gap + (i % cols) * cell.width;
    const top = gap + Math.floor(i / cols) * cell.height;
    paste(grid, enlarge(image, factor), left, top);
  }
  return grid;
}

/** One image with its channels interleaved. */
function imageOf(example: Float32Array | Uint8Array, { height, width, channels }: GridShape): Raster {
  const image = blank(width, height, channels, 0);
  const pixels = width * height;
  for (let i = 0; i < pixels; i++) {
    for (let c = 0; c < channels; c++) {
      const value = example[c * pixels + i]!;
      image.data[i * channels + c] = example instanceof Uint8Array ? value : toneOf(value);
    }
  }
  return image;
}

/** The inverse of v / 127.5 - 1, rounded and clipped; what is not a number is black. */
function toneOf(value: number): number {
  return Math.min(255, Math.max(0, Math.round((value + 1) * 127.5))) || 0;
}
