/** A line of text under a picture, in a font of 5 x 7 dots, for pictures that need no font of the machine. */
import { blank, enlarge, paste, type Raster } from "./raster.ts";

/** Rows of dots from the top, the leftmost dot the highest of 5 bits. */
const GLYPHS: Readonly<Record<string, readonly number[]>> = {
  "0": [0b01110, 0b10001, 0b10011, 0b10101, 0b11001, 0b10001, 0b01110],
  "1": [0b00100, 0b01100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110],
  "2": [0b01110, 0b10001, 0b00001, 0b00110, 0b01000, 0b10000, 0b11111],
  "3": [0b01110, 0b10001, 0b00001, 0b00110, 0b00001, 0b10001, 0b01110],
  "4": [0b00010, 0b00110, 0b01010, 0b10010, 0b11111, 0b00010, 0b00010],
  "5": [0b11111, 0b10000, 0b11110, 0b00001, 0b00001, 0b10001, 0b01110],
  "6": [0b00110, 0b01000, 0b10000, 0b11110, 0b10001, 0b10001, 0b01110],
  "7": [0b11111, 0b00001, 0b00010, 0b00100, 0b01000, 0b01000, 0b01000],
  "8": [0b01110, 0b10001, 0b10001, 0b01110, 0b10001, 0b10001, 0b01110],
  "9": [0b01110, 0b10001, 0b10001, 0b01111, 0b00001, 0b00010, 0b01100],
  ",": [0b00000, 0b00000, 0b00000, 0b00000, 0b00110, 0b00100, 0b01000],
  s: [0b00000, 0b00000, 0b01111, 0b10000, 0b01110, 0b00001, 0b11110],
  t: [0b00100, 0b00100, 0b01110, 0b00100, 0b00100, 0b00101, 0b00010],
  e: [0b00000, 0b00000, 0b01110, 0b10001, 0b11111, 0b10000, 0b01110],
  p: [0b00000, 0b00000, 0b11110, 0b10001, 0b11110, 0b10000, 0b10000],
  " ": [0, 0, 0, 0, 0, 0, 0],
};
const GLYPH_WIDTH = 5;
const GLYPH_HEIGHT = 7;
/** From one glyph to the next, in dots. */
const ADVANCE = 6;
const PAPER = 255;
const INK = 32;
/** A dot is enlarged until the text is about this share of the picture's width at most. */
const TEXT_SHARE = 0.4;
const MAX_DOT = 3;

/** Text as a grey picture, one pixel a dot. Throws RangeError for a sign that the font lacks. */
export function textRaster(text: string): Raster {
  const raster = blank(Math.max(1, ADVANCE * text.length - 1), GLYPH_HEIGHT, 1, PAPER);
  [...text].forEach((sign, i) => {
    const rows = GLYPHS[sign];
    if (!rows) {
      throw new RangeError(`The font must have every sign of a label: found ${JSON.stringify(sign)}`);
    }
    rows.forEach((bits, y) => {
      for (let x = 0; x < GLYPH_WIDTH; x++) {
        if (bits >> (GLYPH_WIDTH - 1 - x) & 1) raster.data[y * raster.width + i * ADVANCE + x] = INK;
      }
    });
  });
  return raster;
}

/**
 * The picture on white, with the text below it, in its middle. `longest`: a text that must find room, too, so that
 * pictures with different texts come out of one size.
 */
export function labelled(picture: Raster, text: string, longest = text): Raster {
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
