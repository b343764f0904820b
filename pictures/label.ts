/** A line of text under a picture. */
import { textRaster } from "./font.ts";
import { blank, enlarge, paste, type Raster } from "./raster.ts";

const PAPER = 255;
/** A dot is enlarged until the text is about this share of the picture's width at most. */
const TEXT_SHARE = 0.4;
const MAX_DOT = 3;

/**
 * The picture on white, with the text below it, in its middle. `longest`: a text that must find room, too, so that
 * pictures with different texts come out of one size.
 */
export function captioned(picture: Raster, text: string, longest = text): Raster {
  const widest = textRaster(longest).width;
  const dot = Math.max(1, Math.min(MAX_DOT, Math.floor(TEXT_SHARE * picture.width / widest)));
  const label = enlarge(textRaster(text), dot);
  const margin = 3 * dot;
  const width = Math.max(picture.width, dot * widest);
  const whole = blank(width, picture.height + label.height + 2 * margin, picture.channels, PAPER);
  paste(whole, picture, (width - picture.width) >> 1, 0);
  paste(whole, inChannels(label, picture.channels), (width - label.width) >> 1, picture.height + margin);
  return whole;
}

function inChannels(grey: Raster, channels: 1 | 3): Raster {
  if (channels === 1) return grey;
  const data = new Uint8Array(3 * grey.data.length);
  grey.data.forEach((tone, i) => data.fill(tone, 3 * i, 3 * i + 3));
  return { ...grey, channels, data };
}

/** "step 12,000". */
export function stepLabel(step: number): string {
  return `step ${String(step).replace(/\B(?=(\d{3})+$)/g, ",")}`;
}
