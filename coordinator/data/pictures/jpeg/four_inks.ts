/** JPEG files of four inks (CMYK and YCCK), which libjpeg-turbo's simple interface does not decode. */
import jpeg from "jpeg-js";
import type { Pixels } from "../pixels.ts";
import type { JpegHeader } from "./jpeg_header.ts";

/** A pixel of four inks takes some 40 bytes while it is decoded: more is refused. */
const MAX_MEGAPIXELS = 25;
const MAX_MEGABYTES = 1024;

/** Throws Error with the reason where the file is damaged or too large. */
export function fourInkPixels(bytes: Uint8Array, { width, height }: JpegHeader): Pixels {
  if (width * height > MAX_MEGAPIXELS * 1e6) {
    throw new Error(
      `a CMYK JPEG of more than ${MAX_MEGAPIXELS} megapixels (convert it to RGB)`,
    );
  }
  try {
    const { data } = jpeg.decode(bytes, {
      useTArray: true,
      formatAsRGBA: true,
      maxResolutionInMP: MAX_MEGAPIXELS,
      maxMemoryUsageInMB: MAX_MEGABYTES,
    });
    return { width, height, channels: 4, white: 255, data };
  } catch {
    throw new Error("a CMYK JPEG that is damaged or of an unsupported kind (convert it to RGB)");
  }
}
