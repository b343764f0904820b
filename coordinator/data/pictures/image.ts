/** Single images on their way into a data set: grey or colour, cropped to a square, and resized. */

/** 8-bit tones, channels first: [channels, height, width], row-major. 3 channels: red, green, blue. */
export interface Image {
  readonly channels: 1 | 3;
  readonly height: number;
  readonly width: number;
  readonly tones: Uint8Array;
}

export type Shape = Pick<Image, "channels" | "height" | "width">;

/** Grey as three equal channels; colour as luma, 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601). */
export function withChannels(image: Image, channels: 1 | 3): Image {
  if (image.channels === channels) return image;
  const size = image.height * image.width;
  const tones = new Uint8Array(channels * size);
  if (channels === 3) { for (let c = 0; c < 3; c++) tones.set(image.tones, c * size); }
  else {
    for (let i = 0; i < size; i++) {
      const [red, green, blue] = [image.tones[i]!, image.tones[size + i]!, image.tones[2 * size + i]!];
      tones[i] = Math.floor((299 * red + 587 * green + 114 * blue) / 1000 + 0.5);
    }
  }
  return { ...image, channels, tones };
}

/** How a picture becomes a square: by its largest square, its whole width and height, or all of it on a ground. */
export type Fit = "crop" | "squash" | "pad";

/** A part of an image, in its pixels. */
interface Region {
  readonly top: number;
  readonly left: number;
  readonly rows: number;
  readonly columns: number;
}

/**
 * Brings an image to `side` x `side`. crop: the largest square in the middle (an odd row or column more is left out at
 * the lower or right side). squash: all of it, its sides by different factors. pad: all of it in the middle of `ground`,
 * a tone for each channel. Made smaller, a pixel is the mean of the area that it covers; made larger, it is
 * interpolated linearly between pixel centres, and borders go on as they are. Only + - x /, so the same on every machine.
 */
export function toSquare(
  image: Image,
  side: number,
  fit: Fit = "crop",
  ground: readonly number[] = [255, 255, 255],
): Image {
  const { height, width } = image;
  const all = { top: 0, left: 0, rows: height, columns: width };
  if (fit === "squash") return resized(image, all, side, side);
  const extent = Math.min(height, width);
  if (fit === "crop" || height === width) {
    const top = Math.floor((height - extent) / 2), left = Math.floor((width - extent) / 2);
    return resized(image, { top, left, rows: extent, columns: extent }, side, side);
  }
  const longer = Math.max(height, width);
  const [rows, columns] = [height, width].map((extent) =>
    Math.max(1, Math.floor(extent * side / longer + 0.5))
  );
  return inMiddle(resized(image, all, rows!, columns!), side, ground);
}

function inMiddle(image: Image, side: number, ground: readonly number[]): Image {
  const { channels, height, width } = image;
  const top = Math.floor((side - height) / 2), left = Math.floor((side - width) / 2);
  const tones = new Uint8Array(channels * side * side);
  for (let c = 0; c < channels; c++) {
    tones.fill(ground[c]!, c * side * side, (c + 1) * side * side);
    for (let y = 0; y < height; y++) {
      const from = (c * height + y) * width;
      tones.set(image.tones.subarray(from, from + width), (c * side + top + y) * side + left);
    }
  }
  return { channels, height: side, width: side, tones };
}

function resized(image: Image, region: Region, height: number, width: number): Image {
  const { channels } = image;
  const across = tapsOf(region.columns, width), down = tapsOf(region.rows, height);
  const tones = new Uint8Array(channels * height * width);
  const rows = new Float64Array(region.rows * width), columns = new Float64Array(width * height);
  for (let c = 0; c < channels; c++) {
    // Along each row first, then along each column.
    for (let y = 0; y < region.rows; y++) {
      const from = (c * image.height + region.top + y) * image.width + region.left;
      resample(image.tones, from, 1, across, rows, y * width);
    }
    for (let x = 0; x < width; x++) resample(rows, x, width, down, columns, x * height);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        tones[(c * height + y) * width + x] = Math.floor(columns[x * height + y]! + 0.5);
      }
    }
  }
  return { channels, height, width, tones };
}

/** Neighbours along one axis that make up a new pixel, and their shares, which add up to 1. */
interface Taps {
  readonly first: number;
  readonly shares: readonly number[];
}

/** Writes one value for each of `taps`, from values that lie `stride` apart from `from` on. */
function resample(
  values: Uint8Array | Float64Array,
  from: number,
  stride: number,
  taps: readonly Taps[],
  out: Float64Array,
  to: number,
): void {
  for (const { first, shares } of taps) {
    let sum = 0;
    for (let i = 0, at = from + first * stride; i < shares.length; i++, at += stride) {
      sum += shares[i]! * values[at]!;
    }
    out[to++] = sum;
  }
}

function tapsOf(extent: number, side: number): readonly Taps[] {
  const scale = extent / side;
  return Array.from(
    { length: side },
    (_, i) => scale >= 1 ? areaTaps(i, extent, side) : linearTaps(i, extent, scale),
  );
}

/** Shares of the pixels that [i extent / side, (i + 1) extent / side) covers; in whole parts of 1 / side. */
function areaTaps(i: number, extent: number, side: number): Taps {
  const begin = i * extent, end = begin + extent;
  const first = Math.floor(begin / side), last = Math.ceil(end / side);
  const shares = Array.from({ length: last - first }, (_, k) => {
    const low = Math.max(begin, (first + k) * side), high = Math.min(end, (first + k + 1) * side);
    return (high - low) / extent;
  });
  return { first, shares };
}

function linearTaps(i: number, extent: number, scale: number): Taps {
  const centre = Math.min(extent - 1, Math.max(0, (i + 0.5) * scale - 0.5));
  const first = Math.min(Math.floor(centre), Math.max(0, extent - 2));
  const share = centre - first;
  return extent === 1 ? { first: 0, shares: [1] } : { first, shares: [1 - share, share] };
}
