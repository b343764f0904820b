/** Pictures from and to PNG files. The same picture always gives the same bytes. */
import { decode, encode } from "fast-png";
import type { Raster } from "./raster.ts";

/** The bytes of a PNG file. */
export function encodePng(raster: Raster): Uint8Array {
  return encode({ ...raster, depth: 8 });
}

/** The picture in a PNG file of 8-bit grey or colour. Throws RangeError for any other kind. */
export function decodePng(bytes: Uint8Array): Raster {
  const { width, height, channels, depth, data } = decode(bytes);
  if (depth !== 8 || (channels !== 1 && channels !== 3)) {
    throw new RangeError(`A picture must have 1 or 3 channels of 8 bits: found ${channels} of ${depth}`);
  }
  return { width, height, channels, data: Uint8Array.from(data) };
}
