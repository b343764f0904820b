/** Pictures as people have them: PNG and JPEG files, decoded to 8-bit tones. */
import { type Orientation, upright } from "./exif.ts";
import type { Image } from "./image.ts";
import type { JpegCodec } from "./jpeg_codec.ts";
import { isJpeg, jpegHeader, requireWhole } from "./jpeg_header.ts";
import { kindOf } from "./picture_kind.ts";
import { imageOf, type Pixels } from "./pixels.ts";
import { pngPixels } from "./png.ts";
import { isPng, pngHeader, pngParts } from "./png_chunks.ts";

/** Names of files that are taken for pictures. */
export const PICTURE_NAME = /\.(png|apng|jpe?g|jpe|jfif)$/i;

/** Largest picture that is decoded: 100 megapixels. */
const MAX_MEGAPIXELS = 100;

/** A picture, and the largest tone of 65,535 in it where its file has 16 bits a tone; else null. */
export interface Picture extends Image {
  readonly peak_of_16_bits: number | null;
}

/**
 * The picture in a PNG or JPEG file, whatever its name says. Grey files give 1 channel, others 3. 16-bit tones are
 * rounded to 8; transparent pixels are laid on white; a picture that EXIF data says is turned is turned upright.
 * Colour profiles and gamma are not heeded. Throws Error with the reason where the file is damaged, of another
 * kind or larger than 100 megapixels.
 */
export async function decodePicture(bytes: Uint8Array, jpeg: JpegCodec): Promise<Picture> {
  if (isPng(bytes)) return pngPicture(bytes);
  if (!isJpeg(bytes)) throw new Error(kindOf(bytes));
  const header = jpegHeader(bytes);
  requireSize(header);
  requireWhole(bytes, header);
  return await jpeg.decode(bytes, header, (pixels) => picture(pixels, header.orientation));
}

function pngPicture(bytes: Uint8Array): Picture {
  const header = pngHeader(bytes);
  requireSize(header);
  const parts = pngParts(bytes, header);
  return picture(pngPixels(parts), parts.orientation);
}

function picture(pixels: Pixels, orientation: Orientation): Picture {
  return { ...upright(imageOf(pixels), orientation), peak_of_16_bits: peakOf(pixels) };
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
