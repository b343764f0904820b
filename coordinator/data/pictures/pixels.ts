/** Pixels as files hold them, and the 8-bit image that they make. */
import type { Image } from "./image.ts";

/** Tones from 0 to `white`, interleaved. `channels`: 1 grey, 2 grey and alpha, 3 colour, 4 colour and alpha. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly white: number;
  readonly data: Uint8Array | Uint16Array;
}

/** Red, green and blue behind transparent pixels, 0 to 255. */
export type Ground = readonly [number, number, number];

/** White paper. */
export const PAPER: Ground = [255, 255, 255];

/** Channels first, on the ground, at 8 bits. A grey picture has the ground's luma behind it. */
export function imageOf({ width, height, channels, white, data }: Pixels, ground: Ground = PAPER): Image {
  const colours = channels < 3 ? 1 : 3;
  const has_alpha = channels === 2 || channels === 4;
  const size = width * height;
  const tones = new Uint8Array(colours * size);
  for (let c = 0; c < colours; c++) {
    const to = c * size, behind = colours === 1 ? lumaOf(ground) : ground[c]!;
    if (white === 255 && !has_alpha) {
      for (let i = 0; i < size; i++) tones[to + i] = data[i * channels + c]!;
      continue;
    }
    for (let i = 0; i < size; i++) {
      const alpha = has_alpha ? data[i * channels + colours]! / white : 1;
      const tone = data[i * channels + c]! * 255 / white;
      tones[to + i] = Math.floor(tone * alpha + behind * (1 - alpha) + 0.5);
    }
  }
  return { channels: colours, height, width, tones };
}

/** ITU-R BT.601, as grey pictures are made of colours. */
export function lumaOf([red, green, blue]: Ground): number {
  return Math.floor((299 * red + 587 * green + 114 * blue) / 1000 + 0.5);
}
