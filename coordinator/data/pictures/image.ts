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

/**
 * The largest square in the middle (an odd row or column more is left out at the lower or right side), resized to
 * `side` x `side`: made smaller, a pixel is the mean of the area that it covers; made larger, it is interpolated
 * linearly between pixel centres, and borders go on as they are. Only + - x /, so the same on every machine.
 */
export function toSquare(image: Image, side: number): Image {
  const { channels, height, width } = image;
  const extent = Math.min(height, width);
  const top = Math.floor((height - extent) / 2), left = Math.floor((width - extent) / 2);
  const taps = tapsOf(extent, side);
  const tones = new Uint8Array(channels * side * side);
  const rows = new Float64Array(extent * side), columns = new Float64Array(side * side);
  for (let c = 0; c < channels; c++) {
    // Along each row first, then along each column.
    for (let y = 0; y < extent; y++) {
      resample(image.tones, (c * height + top + y) * width + left, 1, taps, rows, y * side);
    }
    for (let x = 0; x < side; x++) resample(rows, x, side, taps, columns, x * side);
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        tones[(c * side + y) * side + x] = Math.floor(columns[x * side + y]! + 0.5);
      }
    }
  }
  return { channels, height: side, width: side, tones };
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
