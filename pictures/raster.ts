/** Small pictures in memory. */

/** A picture of 8-bit tones, rows from the top, channels interleaved. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  /** 1: grey; 3: red, green, blue. */
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

/** A raster of one tone, 0 to 255. */
export function blank(width: number, height: number, channels: 1 | 3, tone: number): Raster {
  return { width, height, channels, data: new Uint8Array(width * height * channels).fill(tone) };
}

/** Copies `source` into `target`, its upper left corner at (left, top). It must lie within. */
export function paste(target: Raster, source: Raster, left: number, top: number): void {
  const row = source.width * source.channels;
  for (let y = 0; y < source.height; y++) {
    const from = source.data.subarray(y * row, (y + 1) * row);
    target.data.set(from, ((top + y) * target.width + left) * target.channels);
  }
}

/** Grey as three equal channels. */
function toColour(raster: Raster): Raster {
  if (raster.channels === 3) return raster;
  const data = new Uint8Array(3 * raster.data.length);
  raster.data.forEach((tone, i) => data.fill(tone, 3 * i, 3 * i + 3));
  return { ...raster, channels: 3, data };
}

/** Two pictures beside each other, tops in line, with a margin of `margin` pixels of one tone between them. */
export function sideBySide(left: Raster, right: Raster, margin = 16, tone = 255): Raster {
  if (left.channels !== right.channels) return sideBySide(toColour(left), toColour(right), margin, tone);
  const height = Math.max(left.height, right.height);
  const both = blank(left.width + margin + right.width, height, left.channels, tone);
  paste(both, left, 0, 0);
  paste(both, right, left.width + margin, 0);
  return both;
}

/** Each pixel as a square of `factor` by `factor`. */
export function enlarge(raster: Raster, factor: number): Raster {
  const { width, height, channels, data } = raster;
  const large = blank(width * factor, height * factor, channels, 0);
  for (let y = 0; y < large.height; y++) {
    const row = Math.floor(y / factor) * width;
    for (let x = 0; x < large.width; x++) {
      const from = (row + Math.floor(x / factor)) * channels;
      const to = (y * large.width + x) * channels;
      for (let c = 0; c < channels; c++) large.data[to + c] = data[from + c]!;
    }
  }
  return large;
}
