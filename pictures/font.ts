/** Text as dots, 5 x 7 a sign, for pictures that need no font of the machine. */
import { blank, type Raster } from "./raster.ts";

/** The visible signs of ASCII from the space on: of each five columns from the left, the lowest bit the uppermost dot. */
const GLYPHS = [
  "0000000000 00005F0000 0007000700 147F147F14 242A7F2A12 2313086462 3649562050 0008070300",
  "001C224100 0041221C00 2A1C7F1C2A 08083E0808 0040301000 0808080808 0000606000 2010080402",
  "3E5149453E 00427F4000 6251494946 2241494936 1814127F10 2745454539 3C4A494930 0171090503",
  "3649494936 064949291E 0036360000 0056360000 0008142241 1414141414 0041221408 0201590906",
  "3E415D594E 7C1211127C 7F49494936 3E41414122 7F4141413E 7F49494941 7F09090901 3E41415173",
  "7F0808087F 00417F4100 2040413F01 7F08142241 7F40404040 7F021C027F 7F0408107F 3E4141413E",
  "7F09090906 3E4151215E 7F09192946 2649494932 03017F0103 3F4040403F 1F2040201F 3F4038403F",
  "6314081463 0304780403 6159494D43 007F414141 0204081020 004141417F 0402010204 4040404040",
  "0003070800 2054547840 7F28444438 3844444428 384444287F 3854545418 00087E0902 0C5252523E",
  "7F08040478 00447D4000 2040403D00 7F10284400 00417F4000 7C04780478 7C08040478 3844444438",
  "7C14141408 081414147C 7C08040408 4854545424 00043F4420 3C4040207C 1C2040201C 3C4030403C",
  "4428102844 0C5050503C 4464544C44 0008364100 00007F0000 0041360800 0201020402",
].join(" ").split(" ").map((columns) => columns.match(/../g)!.map((column) => parseInt(column, 16)));

export const GLYPH_WIDTH = 5;
export const GLYPH_HEIGHT = 7;
/** From one sign to the next, in dots. */
export const ADVANCE = 6;
const PAPER = 255;
const INK = 32;

function glyphOf(sign: string): readonly number[] | undefined {
  return GLYPHS[sign.codePointAt(0)! - 0x20];
}

/** The text in signs that the font has: letters without their marks, "?" for what it lacks. */
export function inFont(text: string): string {
  return [...text.normalize("NFD").replace(/\p{M}/gu, "")].map((sign) => glyphOf(sign) ? sign : "?").join("");
}

/** Text as a grey picture, one pixel a dot. Throws RangeError for a sign that the font lacks. */
export function textRaster(text: string): Raster {
  const raster = blank(Math.max(1, ADVANCE * text.length - 1), GLYPH_HEIGHT, 1, PAPER);
  [...text].forEach((sign, i) => {
    const columns = glyphOf(sign);
    if (!columns) {
      throw new RangeError(`The font must have every sign of a text: found ${JSON.stringify(sign)}`);
    }
    columns.forEach((bits, x) => {
      for (let y = 0; y < GLYPH_HEIGHT; y++) {
        if (bits >> y & 1) raster.data[y * raster.width + i * ADVANCE + x] = INK;
      }
    });
  });
  return raster;
}
