/** GIF files (GIF89a): the first frame, on a transparent screen. */
import { type FoundPicture, hasMark, type PictureFormat, soundOr } from "../format.ts";
import type { Pixels } from "../pixels.ts";
import { unpackLzw } from "./lzw.ts";

const DAMAGED = "a GIF that is damaged or ends early";
/** Where the rows of an interlaced frame begin, and how far apart they lie. */
const PASSES = [[0, 8], [4, 8], [2, 4], [1, 2]] as const;

/** The first frame: its place on the screen, and its colours. */
interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly is_interlaced: boolean;
  readonly palette: Uint8Array;
  /** The index that is transparent; -1: none. */
  readonly clear: number;
  /** Place of the codes. */
  readonly at: number;
}

export const GIF: PictureFormat = {
  title: "GIF",
  is: (bytes) => hasMark(bytes, 0, "GIF8"),
  open: (bytes) => soundOr("GIF", () => openGif(bytes)),
};

function openGif(bytes: Uint8Array): FoundPicture {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const width = view.getUint16(6, true), height = view.getUint16(8, true);
  if (width === 0 || height === 0) throw new Error(DAMAGED);
  return {
    width,
    height,
    has_colour: true,
    orientation: 1,
    decode: () => soundOr("GIF", () => decode(bytes, view, width, height)),
  };
}

function decode(bytes: Uint8Array, view: DataView, width: number, height: number): Pixels {
  const frame = firstFrame(bytes, view);
  if (frame.left + frame.width > width || frame.top + frame.height > height) throw new Error(DAMAGED);
  const value_bits = view.getUint8(frame.at);
  if (value_bits < 1 || value_bits > 8) throw new Error(DAMAGED);
  const indices = new Uint8Array(frame.width * frame.height);
  const codes = blocks(bytes, view, frame.at + 1);
  if (unpackLzw(codes, { value_bits, is_tiff: false }, indices) < indices.length) throw new Error(DAMAGED);
  const data = new Uint8Array(4 * width * height);
  let from = 0;
  for (const row of rowsOf(frame)) {
    let to = 4 * ((frame.top + row) * width + frame.left);
    for (let x = 0; x < frame.width; x++, to += 4) {
      const index = indices[from++]!;
      if (index === frame.clear) continue;
      if (3 * index >= frame.palette.length) throw new Error(DAMAGED);
      for (let c = 0; c < 3; c++) data[to + c] = frame.palette[3 * index + c]!;
      data[to + 3] = 255;
    }
  }
  return { width, height, channels: 4, white: 255, data };
}

function firstFrame(bytes: Uint8Array, view: DataView): Frame {
  const screen = view.getUint8(10);
  let at = 13;
  let palette = new Uint8Array(0);
  if (screen & 0x80) {
    palette = bytes.slice(at, at += 3 << ((screen & 7) + 1));
  }
  for (let clear = -1;;) {
    const kind = view.getUint8(at++);
    if (kind === 0x21) {
      // A graphic control: the transparent index of the frame that follows.
      if (view.getUint8(at) === 0xf9 && view.getUint8(at + 1) >= 4 && view.getUint8(at + 2) & 1) {
        clear = view.getUint8(at + 5);
      }
      at = endOfBlocks(view, at + 1);
    } else if (kind === 0x2c) {
      const [left, top, width, height] = [0, 2, 4, 6].map((offset) => view.getUint16(at + offset, true));
      const flags = view.getUint8(at + 8);
      at += 9;
      if (flags & 0x80) palette = bytes.slice(at, at += 3 << ((flags & 7) + 1));
      if (!width || !height || palette.length === 0) throw new Error(DAMAGED);
      return {
        left: left!,
        top: top!,
        width,
        height,
        is_interlaced: (flags & 0x40) !== 0,
        palette,
        clear,
        at,
      };
    } else throw new Error(kind === 0x3b ? "a GIF without a picture" : DAMAGED);
  }
}

function endOfBlocks(view: DataView, at: number): number {
  for (;;) {
    const length = view.getUint8(at++);
    if (length === 0) return at;
    at += length;
  }
}

/** The content of the blocks from `at` on, up to the empty one or the end of the file. */
function blocks(bytes: Uint8Array, view: DataView, at: number): Uint8Array {
  const parts: Uint8Array[] = [];
  while (at < bytes.length) {
    const length = view.getUint8(at++);
    if (length === 0) break;
    parts.push(bytes.subarray(at, at += length));
  }
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let filled = 0;
  for (const part of parts) {
    all.set(part, filled);
    filled += part.length;
  }
  return all;
}

function* rowsOf({ height, is_interlaced }: Frame): Generator<number> {
  for (const [first, step] of is_interlaced ? PASSES : [[0, 1] as const]) {
    for (let row = first; row < height; row += step) yield row;
  }
}
