/** PNG files: every colour type, depth and transparency, interlaced or not. */
import type { PictureFormat } from "../format.ts";
import type { Pixels } from "../pixels.ts";
import { hasColour, isPng, pngHeader, type PngParts, pngParts } from "./png_chunks.ts";
import { readSamples, type Samples, samplesPerPixel } from "./png_rows.ts";

export const PNG: PictureFormat = {
  title: "PNG",
  is: isPng,
  open(bytes) {
    const header = pngHeader(bytes);
    const { width, height } = header;
    // Only when it is asked for: a picture that is too large is refused before.
    const parts = once(() => pngParts(bytes, header));
    return {
      width,
      height,
      has_colour: hasColour(header),
      get orientation() {
        return parts().orientation;
      },
      decode: () => pngPixels(parts()),
    };
  },
};

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => made ??= make();
}

/** The pixels of a PNG. Throws Error with the reason where they are not whole. */
export function pngPixels(parts: PngParts): Pixels {
  const { header, palette, transparency, packed } = parts;
  const { width, height, depth, colour_type } = header;
  const samples = readSamples(header, packed);
  if (colour_type === 3) return { width, height, white: 255, ...looked(samples, palette!, transparency) };
  const white = 2 ** depth - 1, channels = samplesPerPixel(header);
  // Where there is an alpha channel, tRNS has no meaning.
  const clear = channels === 1 || channels === 3 ? transparentOf(transparency, channels, white) : null;
  if (clear === null) return { width, height, channels, white, data: samples };
  return { width, height, channels: channels + 1, white, data: withAlpha(samples, clear, white) };
}

/** Indices looked up in the palette, with alpha where any entry has one. */
function looked(samples: Samples, palette: Uint8Array, alphas: Uint8Array | null) {
  const num_entries = palette.length / 3;
  if (alphas && alphas.length > num_entries) throw new Error("a PNG that is damaged");
  const channels = alphas ? 4 : 3;
  const data = new Uint8Array(samples.length * channels);
  for (let i = 0, to = 0; i < samples.length; i++, to += channels) {
    const entry = samples[i]!;
    if (entry >= num_entries) throw new Error(`a PNG with colour ${entry} of a palette of ${num_entries}`);
    for (let c = 0; c < 3; c++) data[to + c] = palette[3 * entry + c]!;
    if (alphas) data[to + 3] = alphas[entry] ?? 255;
  }
  return { channels, data };
}

/** The one tone or colour that is transparent; of its 16 bits each, those of the depth count. */
function transparentOf(chunk: Uint8Array | null, channels: 1 | 3, white: number): readonly number[] | null {
  if (chunk === null) return null;
  if (chunk.length !== 2 * channels) throw new Error("a PNG that is damaged");
  return Array.from({ length: channels }, (_, c) => (chunk[2 * c]! << 8 | chunk[2 * c + 1]!) & white);
}

function withAlpha(samples: Samples, clear: readonly number[], white: number): Samples {
  const channels = clear.length;
  const size = samples.length / channels;
  const data = white > 255 ? new Uint16Array(size * (channels + 1)) : new Uint8Array(size * (channels + 1));
  for (let i = 0; i < size; i++) {
    const from = i * channels, to = i * (channels + 1);
    let is_clear = true;
    for (let c = 0; c < channels; c++) {
      data[to + c] = samples[from + c]!;
      is_clear &&= samples[from + c] === clear[c];
    }
    data[to + channels] = is_clear ? 0 : white;
  }
  return data;
}
