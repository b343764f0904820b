/** JPEG files: grey and colour by libjpeg-turbo, four inks by jpeg-js. */
import type { FoundPicture, PictureFormat } from "../format.ts";
import { fourInkPixels } from "./four_inks.ts";
import { isJpeg, jpegHeader, requireWhole } from "./jpeg_header.ts";

export const JPEG: PictureFormat = {
  title: "JPEG",
  is: isJpeg,
  open(bytes): FoundPicture {
    const header = jpegHeader(bytes);
    const { width, height, num_components, orientation } = header;
    return {
      width,
      height,
      has_colour: num_components > 1,
      orientation,
      decode(codecs) {
        requireWhole(bytes, header);
        if (num_components === 4) return fourInkPixels(bytes, header);
        return codecs.jpeg.decode(bytes, header, (pixels) => ({ ...pixels, data: pixels.data.slice() }));
      },
    };
  },
};
