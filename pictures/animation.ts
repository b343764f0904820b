/** A run's pictures in time: as an animated GIF, and side by side on one sheet. */
import gifenc from "gifenc";
import { captioned, stepLabel } from "./label.ts";
import { blank, paste, type Raster } from "./raster.ts";

/** A picture and the step it was drawn at. */
export interface Still {
  readonly step: number;
  readonly picture: Raster;
}

export interface AnimationOptions {
  /** Time that each picture is shown. */
  readonly delay_ms: number;
  /** Time that the last one is shown, before it begins anew. */
  readonly last_ms: number;
}

/** Indices of at most `count` of `length` things, evenly spread, first and last among them. */
export function spread(length: number, count: number): number[] {
  if (length <= count) return Array.from({ length }, (_, i) => i);
  if (count === 1) return [length - 1];
  return Array.from({ length: count }, (_, i) => Math.round(i * (length - 1) / (count - 1)));
}

/** The pictures with their steps below them, all of one size. Throws RangeError unless they are of one size. */
export function framesOf(stills: readonly Still[]): Raster[] {
  const kinds = new Set(
    stills.map(({ picture: { width, height, channels } }) => `${width},${height},${channels}`),
  );
  if (kinds.size !== 1) throw new RangeError(`Pictures must be of one size: found ${kinds.size} sizes`);
  const labels = stills.map(({ step }) => stepLabel(step));
  const longest = labels.reduce((a, b) => b.length > a.length ? b : a);
  return stills.map(({ picture }, i) => captioned(picture, labels[i]!, longest));
}

const GREYS: readonly [number, number, number][] = Array.from({ length: 256 }, (_, i) => [i, i, i]);

/** Places in a palette, and the palette: exact for grey, the nearest 256 colours else. */
function indexed({ width, height, channels, data }: Raster) {
  if (channels === 1) return { index: data, palette: GREYS };
  const rgba = new Uint8Array(4 * width * height).fill(255);
  for (let i = 0; i < width * height; i++) rgba.set(data.subarray(3 * i, 3 * i + 3), 4 * i);
  const palette = gifenc.quantize(rgba, 256);
  return { index: gifenc.applyPalette(rgba, palette), palette };
}

/** The bytes of a GIF file that shows the pictures in order, without end, the step below each. */
export function encodeGif(stills: readonly Still[], { delay_ms, last_ms }: AnimationOptions): Uint8Array {
  const gif = gifenc.GIFEncoder();
  framesOf(stills).forEach((frame, i) => {
    const { index, palette } = indexed(frame);
    const delay = i === stills.length - 1 ? last_ms : delay_ms;
    gif.writeFrame(index, frame.width, frame.height, { palette, delay, repeat: 0 });
  });
  gif.finish();
  return gif.bytes();
}

/** Pictures beside and below each other, row by row, the step below each. */
export function contactSheet(stills: readonly Still[], cols: number, gap = 16): Raster {
  const frames = framesOf(stills);
  const { width, height, channels } = frames[0]!;
  const num_cols = Math.min(cols, frames.length);
  const num_rows = Math.ceil(frames.length / num_cols);
  const sheet = blank(num_cols * (width + gap) + gap, num_rows * (height + gap) + gap, channels, 255);
  frames.forEach((frame, i) => {
    const left = gap + (i % num_cols) * (width + gap);
    paste(sheet, frame, left, gap + Math.floor(i / num_cols) * (height + gap));
  });
  return sheet;
}
