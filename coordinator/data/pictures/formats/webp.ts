/** WebP files, decoded by libwebp. */
import { orientationIn } from "../jpeg/exif.ts";
import { type FoundPicture, hasMark, type PictureFormat, soundOr } from "../format.ts";
import { pixelsFrom } from "./wasm_codec.ts";

const DAMAGED = "a WebP that is damaged or ends early";
const ANIMATED = 0x02;

export const WEBP: PictureFormat = {
  title: "WebP",
  is: (bytes) => hasMark(bytes, 0, "RIFF") && hasMark(bytes, 8, "WEBP"),
  open: (bytes) => soundOr("WebP", () => openWebp(bytes)),
};

function openWebp(bytes: Uint8Array): FoundPicture {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(4, true) + 8 > bytes.length) throw new Error(DAMAGED);
  const { width, height } = sizeOf(bytes, view);
  if (width === 0 || height === 0) throw new Error(DAMAGED);
  const exif = exifIn(bytes, view);
  return {
    width,
    height,
    has_colour: true,
    orientation: exif === null ? 1 : orientationIn(exif),
    decode: async (codecs) => pixelsFrom("WebP", (await codecs.webp()).decode(bytes), width, height),
  };
}

function sizeOf(bytes: Uint8Array, view: DataView): { readonly width: number; readonly height: number } {
  if (hasMark(bytes, 12, "VP8 ")) {
    return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
  }
  if (hasMark(bytes, 12, "VP8L")) {
    const bits = view.getUint32(21, true);
    return { width: (bits & 0x3fff) + 1, height: (bits >>> 14 & 0x3fff) + 1 };
  }
  if (!hasMark(bytes, 12, "VP8X")) throw new Error(DAMAGED);
  if (view.getUint8(20) & ANIMATED) throw new Error("an animated WebP (save one of its frames)");
  const threeBytes = (at: number) => view.getUint16(at, true) | view.getUint8(at + 2) << 16;
  return { width: threeBytes(24) + 1, height: threeBytes(27) + 1 };
}

function exifIn(bytes: Uint8Array, view: DataView): Uint8Array | null {
  if (!hasMark(bytes, 12, "VP8X")) return null;
  for (let at = 12; at + 8 <= bytes.length;) {
    const length = view.getUint32(at + 4, true);
    if (hasMark(bytes, at, "EXIF")) {
      const exif = bytes.subarray(at + 8, at + 8 + length);
      return hasMark(exif, 0, "Exif\0\0") ? exif.subarray(6) : exif;
    }
    at += 8 + length + length % 2;
  }
  return null;
}
