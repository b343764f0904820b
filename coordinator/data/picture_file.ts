/** Pictures as people have them: PNG and JPEG files, decoded to 8-bit tones. */
import { convertIndexedToRgb, decode as decodePng, type DecodedPng } from "fast-png";
import jpeg from "jpeg-js";
import type { Image } from "./image.ts";

/** Names of files that are taken for pictures. */
export const PICTURE_NAME = /\.(png|jpe?g)$/i;

/** Largest picture that is decoded: 100 megapixels. */
const MAX_MEGAPIXELS = 100;
/** What transparent pixels lie on. */
const PAPER = 255;

/**
 * The picture in a PNG or JPEG file, whatever its name says. Grey files give 1 channel, others 3. 16-bit tones are
 * rounded to 8; transparent pixels are laid on white; a JPEG's mark of how the camera was held is not heeded. Throws
 * Error with the reason where the file is damaged or of another kind.
 */
export function decodePicture(bytes: Uint8Array): Image {
  if (bytes[0] === 0x89 && bytes[1] === 0x50) return imageOf(pngPixels(bytes));
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return imageOf(jpegPixels(bytes));
  throw new Error(bytes.length === 0 ? "an empty file" : "neither a PNG nor a JPEG");
}

/** Tones from 0 to `white`, interleaved. `channels`: 1 grey, 2 grey and alpha, 3 colour, 4 colour and alpha. */
interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly white: number;
  readonly data: Uint8Array | Uint8ClampedArray | Uint16Array;
}

function pngPixels(bytes: Uint8Array): Pixels {
  const { width, height } = pngSize(bytes);
  requireSize(width, height);
  const png = attempt("PNG", () => decodePng(bytes, { checkCrc: true }));
  if (png.palette !== undefined && png.palette.length > 0) {
    const channels = png.palette[0]!.length;
    return { width, height, channels, white: 255, data: convertIndexedToRgb(png) };
  }
  const white = 2 ** png.depth - 1;
  return { width, height, channels: png.channels, white, data: png.depth < 8 ? unpacked(png) : png.data };
}

/** The decoders' own words are no help to a person. */
function attempt<T>(kind: string, decode: () => T): T {
  try {
    return decode();
  } catch {
    throw new Error(`a ${kind} that is damaged, cut off or of an uncommon kind`);
  }
}

/** From the header, before anything is unpacked. */
function pngSize(bytes: Uint8Array): { width: number; height: number } {
  if (bytes.length < 24) throw new Error("a PNG that ends early");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { width: view.getUint32(16), height: view.getUint32(20) };
}

function requireSize(width: number, height: number): void {
  if (width * height <= MAX_MEGAPIXELS * 1e6) return;
  throw new Error(`a picture of ${width} x ${height}, more than ${MAX_MEGAPIXELS} megapixels`);
}

/** Grey of 1, 2 or 4 bits: rows of whole bytes, the leftmost pixel in the highest bits. */
function unpacked({ width, height, depth, data }: DecodedPng): Uint8Array {
  const out = new Uint8Array(width * height);
  const row_bytes = Math.ceil(width * depth / 8);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const bit = x * depth;
      const byte = data[y * row_bytes + (bit >> 3)]!;
      out[y * width + x] = byte >> 8 - depth - (bit & 7) & (1 << depth) - 1;
    }
  }
  return out;
}

function jpegPixels(bytes: Uint8Array): Pixels {
  const channels = jpegComponents(bytes);
  const options = {
    useTArray: true,
    formatAsRGBA: false,
    tolerantDecoding: false,
    maxResolutionInMP: MAX_MEGAPIXELS,
    maxMemoryUsageInMB: 2048,
  } as const;
  const { width, height, data } = attempt("JPEG", () => jpeg.decode(bytes, options));
  if (channels !== 1) return { width, height, channels: 3, white: 255, data };
  // The decoder writes grey as three equal tones.
  const grey = Uint8Array.from({ length: width * height }, (_, i) => data[3 * i]!);
  return { width, height, channels: 1, white: 255, data: grey };
}

/** Components of a frame (ITU-T T.81, B.2.2): 1 is grey. A file that ends before its end mark is refused. */
function jpegComponents(bytes: Uint8Array): number {
  for (let at = 2; at + 9 < bytes.length;) {
    if (bytes[at] !== 0xff) break;
    const marker = bytes[at + 1]!;
    if (marker === 0xff) at++;
    else if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      if (!endsWhole(bytes, at)) throw new Error("a JPEG that ends early");
      return bytes[at + 9]!;
    } else at += 2 + (bytes[at + 2]! << 8 | bytes[at + 3]!);
  }
  throw new Error("a JPEG that ends before its picture begins");
}

/** Whether there is an end mark after the frame's begin, with whatever behind it: the decoder fills up what is missing without a word. */
function endsWhole(bytes: Uint8Array, frame: number): boolean {
  for (let at = bytes.length - 2; at > frame; at--) {
    if (bytes[at] === 0xff && bytes[at + 1] === 0xd9) return true;
  }
  return false;
}

/** Channels first, on paper, at 8 bits. */
function imageOf({ width, height, channels, white, data }: Pixels): Image {
  const colours = channels < 3 ? 1 : 3;
  const has_alpha = channels === 2 || channels === 4;
  const size = width * height;
  const tones = new Uint8Array(colours * size);
  for (let i = 0; i < size; i++) {
    const alpha = has_alpha ? data[i * channels + colours]! / white : 1;
    for (let c = 0; c < colours; c++) {
      const tone = data[i * channels + c]! * 255 / white;
      tones[c * size + i] = Math.floor(tone * alpha + PAPER * (1 - alpha) + 0.5);
    }
  }
  return { channels: colours, height, width, tones };
}
