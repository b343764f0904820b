/** The parts of a PNG file (ISO/IEC 15948) that make up its picture; all others are passed over unread. */
import { crc32 } from "node:zlib";
import { type Orientation, orientationIn } from "../jpeg/exif.ts";

export interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** Bits of a sample: 1, 2, 4, 8 or 16. */
  readonly depth: number;
  /** 0 grey, 2 colour, 3 palette, 4 grey and alpha, 6 colour and alpha. */
  readonly colour_type: number;
  /** In seven passes (Adam7). */
  readonly interlaced: boolean;
}

/** True if its pixels have colours, not tones of grey alone. */
export function hasColour({ colour_type }: PngHeader): boolean {
  return colour_type !== 0 && colour_type !== 4;
}

export interface PngParts {
  readonly header: PngHeader;
  /** Red, green, blue of each entry. */
  readonly palette: Uint8Array | null;
  /** Content of tRNS: alpha of palette entries, or the one tone or colour that is transparent. */
  readonly transparency: Uint8Array | null;
  readonly orientation: Orientation;
  /** The rows, compressed. */
  readonly packed: readonly Uint8Array[];
}

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const DEPTHS: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};
const DAMAGED = "a PNG that is damaged";
const ENDS_EARLY = "a PNG that ends early";

/** True if a file begins as a PNG does. */
export function isPng(bytes: Uint8Array): boolean {
  return bytes[0] === 0x89 && bytes[1] === 0x50 && bytes[2] === 0x4e && bytes[3] === 0x47;
}

/**
 * The header, from the first chunk: nothing else has been looked at. Throws Error with the reason where it is none.
 */
export function pngHeader(bytes: Uint8Array): PngHeader {
  if (bytes.length < 33) throw new Error(ENDS_EARLY);
  if (SIGNATURE.some((byte, i) => bytes[i] !== byte)) throw new Error(DAMAGED);
  const { type, content, isSound } = chunkAt(bytes, 8);
  if (type === "CgBI") throw new Error("a PNG in Apple's own format for its devices (CgBI)");
  if (type !== "IHDR" || content.length !== 13 || !isSound()) throw new Error(DAMAGED);
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const [depth, colour_type, compression, filter, interlace] = content.subarray(8) as unknown as number[];
  const header = {
    width: view.getUint32(0),
    height: view.getUint32(4),
    depth: depth!,
    colour_type: colour_type!,
    interlaced: interlace === 1,
  };
  const is_known = DEPTHS[header.colour_type]?.includes(header.depth) && compression === 0 && filter === 0 &&
    interlace! <= 1 && header.width > 0 && header.height > 0;
  if (!is_known) throw new Error(DAMAGED);
  return header;
}

/** The parts of a picture. Throws Error with the reason where one that matters is missing or damaged. */
export function pngParts(bytes: Uint8Array, header: PngHeader): PngParts {
  let palette: Uint8Array | null = null;
  let transparency: Uint8Array | null = null;
  let orientation: Orientation = 1;
  const packed: Uint8Array[] = [];
  // Behind the signature (8 bytes) and IHDR (12 and 13).
  for (let at = 33;;) {
    const { type, content, isSound } = chunkAt(bytes, at);
    at += 12 + content.length;
    // A lower-case first letter marks what a reader may pass over: colour profiles, texts, times.
    const matters = (type.charCodeAt(0) & 0x20) === 0 || type === "tRNS";
    if (matters && !isSound()) throw new Error(DAMAGED);
    if (type === "IEND") break;
    if (type === "PLTE") palette = content;
    else if (type === "tRNS") transparency = content;
    else if (type === "eXIf") orientation = isSound() ? orientationIn(content) : 1;
    else if (type === "IDAT") packed.push(content);
    else if (matters) throw new Error(`a PNG of an unsupported kind (with a chunk ${type})`);
  }
  if (packed.length === 0) throw new Error(DAMAGED);
  if (header.colour_type === 3 && !isPalette(palette)) throw new Error(DAMAGED);
  return { header, palette, transparency, orientation, packed };
}

function isPalette(palette: Uint8Array | null): boolean {
  return palette !== null && palette.length > 0 && palette.length <= 768 && palette.length % 3 === 0;
}

function chunkAt(bytes: Uint8Array, at: number) {
  if (at + 12 > bytes.length) throw new Error(ENDS_EARLY);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(at);
  const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
  if (!/^[A-Za-z]{4}$/.test(type)) throw new Error(DAMAGED);
  const end = at + 8 + length;
  if (end + 4 > bytes.length) throw new Error(ENDS_EARLY);
  const isSound = () => crc32(bytes.subarray(at + 4, end)) === view.getUint32(end);
  return { type, content: bytes.subarray(at + 8, end), isSound };
}
