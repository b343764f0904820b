/** Pictures as people have them: PNG and JPEG files, decoded to 8-bit tones. */
import { isTurned, type Orientation, upright } from "./jpeg/exif.ts";
import type { Image, Shape } from "./image.ts";
import type { JpegCodec } from "./jpeg/jpeg_codec.ts";
import { isJpeg, type JpegHeader, jpegHeader, requireWhole } from "./jpeg/jpeg_header.ts";
import { kindOf } from "./picture_kind.ts";
import { imageOf, type Pixels } from "./pixels.ts";
import { pngPixels } from "./png/png.ts";
import { hasColour, isPng, type PngHeader, pngHeader, pngParts } from "./png/png_chunks.ts";

/** Names of files that are taken for pictures. */
export const PICTURE_NAME = /\.(png|apng|jpe?g|jpe|jfif)$/i;

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
  const file = headerOf(bytes);
  const { width, height } = file.header;
  const has_colour = file.kind === "png" ? hasColour(file.header) : file.header.num_components > 1;
  const { orientation } = file.kind === "png" ? pngParts(bytes, file.header) : file.header;
  const [rows, columns] = isTurned(orientation) ? [width, height] : [height, width];
  return { channels: has_colour ? 3 : 1, height: rows, width: columns };
}

/**
 * The picture in a PNG or JPEG file, whatever its name says. Grey files give 1 channel, others 3. 16-bit tones are
 * rounded to 8; transparent pixels are laid on white; a picture that EXIF data says is turned is turned upright.
 * Colour profiles and gamma are not heeded. Throws Error with the reason where the file is damaged, of another
 * kind or larger than 100 megapixels.
 */
export async function decodePicture(bytes: Uint8Array, jpeg: JpegCodec): Promise<Picture> {
  const file = headerOf(bytes);
  if (file.kind === "png") {
    const parts = pngParts(bytes, file.header);
    return picture(pngPixels(parts), parts.orientation);
  }
  requireWhole(bytes, file.header);
  return await jpeg.decode(bytes, file.header, (pixels) => picture(pixels, file.header.orientation));
}

type Header =
  | { readonly kind: "png"; readonly header: PngHeader }
  | { readonly kind: "jpeg"; readonly header: JpegHeader };

function headerOf(bytes: Uint8Array): Header {
  let file: Header;
  if (isPng(bytes)) file = { kind: "png", header: pngHeader(bytes) };
  else if (isJpeg(bytes)) file = { kind: "jpeg", header: jpegHeader(bytes) };
  else throw new Error(kindOf(bytes));
  requireSize(file.header);
  return file;
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
