/** Pictures as people have them: files of many kinds, decoded to 8-bit tones. */
import type { PictureCodecs } from "./codecs.ts";
import { type FoundPicture, type PictureFormat } from "./format.ts";
import { AVIF } from "./formats/avif.ts";
import { BMP } from "./formats/bmp.ts";
import { GIF } from "./formats/gif.ts";
import { TIFF } from "./formats/tiff.ts";
import { WEBP } from "./formats/webp.ts";
import { isTurned, upright } from "./jpeg/exif.ts";
import type { Image, Shape } from "./image.ts";
import { JPEG } from "./jpeg/jpeg.ts";
import { kindOf } from "./picture_kind.ts";
import { type Ground, imageOf, type Pixels } from "./pixels.ts";
import { PNG } from "./png/png.ts";

/** Names of files that are taken for pictures. */
export const PICTURE_NAME = /\.(png|apng|jpe?g|jpe|jfif|webp|gif|bmp|dib|tiff?|avif)$/i;

/** Kinds that are read: the first that knows a file decodes it. */
export const FORMATS: readonly PictureFormat[] = [PNG, JPEG, WEBP, GIF, BMP, TIFF, AVIF];

/** Largest picture that is decoded: 100 megapixels. */
const MAX_MEGAPIXELS = 100;

/** A picture, and the largest tone of 65,535 in it where its file has 16 bits a tone; else null. */
export interface Picture extends Image {
  readonly peak_of_16_bits: number | null;
}

/**
 * The shape of the picture in a file, from its header: nothing is decoded, and the rest may be damaged. Throws Error
 * with the reason where there is no such header, or the picture is larger than 100 megapixels.
 */
export function pictureShape(bytes: Uint8Array): Shape {
  const { width, height, has_colour, orientation } = openPicture(bytes);
  const [rows, columns] = isTurned(orientation) ? [width, height] : [height, width];
  return { channels: has_colour ? 3 : 1, height: rows, width: columns };
}

/**
 * The picture in a file, whatever its name says: of several frames or pages, the first. Grey files give 1 channel, others
 * 3. 16-bit tones are rounded to 8; transparent pixels are laid on `ground`; a picture that is said to be turned is
 * turned upright. Colour profiles and gamma are not heeded. Throws Error with the reason where the file is damaged, of
 * another kind or larger than 100 megapixels.
 */
export async function decodePicture(
  bytes: Uint8Array,
  codecs: PictureCodecs,
  ground?: Ground,
): Promise<Picture> {
  const { orientation, decode } = openPicture(bytes);
  const pixels = await decode(codecs);
  return { ...upright(imageOf(pixels, ground), orientation), peak_of_16_bits: peakOf(pixels) };
}

function openPicture(bytes: Uint8Array): FoundPicture {
  const format = FORMATS.find((format) => format.is(bytes));
  if (!format) throw new Error(kindOf(bytes));
  const picture = format.open(bytes);
  requireSize(picture);
  return picture;
}

function peakOf({ channels, white, data }: Pixels): number | null {
  if (white !== 65535) return null;
  const has_alpha = channels === 2 || channels === 4;
  let peak = 0;
  for (let i = 0; i < data.length; i++) {
    if (!has_alpha || (i + 1) % channels !== 0) peak = Math.max(peak, data[i]!);
  }
  return peak;
}

function requireSize({ width, height }: { readonly width: number; readonly height: number }): void {
  if (width * height <= MAX_MEGAPIXELS * 1e6) return;
  throw new Error(
    `a picture of ${width} x ${height}, more than ${MAX_MEGAPIXELS} megapixels (make it smaller)`,
  );
}
