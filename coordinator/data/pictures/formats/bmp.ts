/** BMP files of Windows: palettes of 1, 4 and 8 bits, plain or run-length coded, and colours of 16, 24 and 32 bits. */
import { type FoundPicture, hasMark, type PictureFormat, soundOr } from "../format.ts";
import type { Pixels } from "../pixels.ts";

const DAMAGED = "a BMP that is damaged or ends early";
const RGB = 0, RLE8 = 1, RLE4 = 2, BITFIELDS = 3, ALPHA_BITFIELDS = 6;
/** Masks of red, green, blue and alpha where the header names none. */
const MASKS: Readonly<Record<number, readonly number[]>> = {
  16: [0x7c00, 0x3e0, 0x1f, 0],
  24: [0xff0000, 0xff00, 0xff, 0],
  32: [0xff0000, 0xff00, 0xff, 0],
};

interface Header {
  readonly width: number;
  readonly height: number;
  /** True if the first row of the file is the upper one. */
  readonly is_top_down: boolean;
  readonly bits: number;
  readonly compression: number;
  /** Red, green and blue of each entry. */
  readonly palette: readonly (readonly number[])[];
  readonly masks: readonly number[];
  readonly pixels_at: number;
}

export const BMP: PictureFormat = {
  title: "BMP",
  is: (bytes) => hasMark(bytes, 0, "BM") && hasMark(bytes, 6, "\0\0\0\0"),
  open: (bytes) => soundOr("BMP", () => openBmp(bytes)),
};

function openBmp(bytes: Uint8Array): FoundPicture {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = headerOf(view);
  const { width, height } = header;
  const decode = () => soundOr("BMP", () => header.bits <= 8 ? paletted(view, header) : direct(view, header));
  return { width, height, has_colour: true, orientation: 1, decode };
}

function headerOf(view: DataView): Header {
  const pixels_at = view.getUint32(10, true), size = view.getUint32(14, true);
  const is_old = size === 12;
  if (!is_old && size < 40) throw new Error(DAMAGED);
  const width = is_old ? view.getUint16(18, true) : view.getInt32(18, true);
  const rows = is_old ? view.getUint16(20, true) : view.getInt32(22, true);
  const bits = view.getUint16(is_old ? 24 : 28, true);
  const compression = is_old ? RGB : view.getUint32(30, true);
  if (width <= 0 || rows === 0 || ![1, 4, 8, 16, 24, 32].includes(bits)) throw new Error(DAMAGED);
  const is_known = compression === RGB || compression === RLE8 && bits === 8 ||
    compression === RLE4 && bits === 4 ||
    (compression === BITFIELDS || compression === ALPHA_BITFIELDS) && (bits === 16 || bits === 32);
  if (!is_known) throw new Error("a BMP of an unsupported kind");
  const has_masks = compression === BITFIELDS || compression === ALPHA_BITFIELDS;
  const mask = (i: number) =>
    i < 3 || size >= 56 || compression === ALPHA_BITFIELDS ? view.getUint32(54 + 4 * i, true) : 0;
  return {
    width,
    height: Math.abs(rows),
    is_top_down: rows < 0,
    bits,
    compression,
    palette: bits <= 8 ? paletteOf(view, 14 + size, is_old, bits) : [],
    masks: has_masks ? [0, 1, 2, 3].map(mask) : MASKS[bits] ?? [],
    pixels_at,
  };
}

function paletteOf(view: DataView, at: number, is_old: boolean, bits: number): number[][] {
  const entry_bytes = is_old ? 3 : 4;
  const named = is_old ? 0 : view.getUint32(46, true);
  const count = Math.min(named || 1 << bits, 1 << bits);
  return Array.from(
    { length: count },
    (_, i) => [2, 1, 0].map((c) => view.getUint8(at + i * entry_bytes + c)),
  );
}

function paletted(view: DataView, header: Header): Pixels {
  const { width, height, palette } = header;
  const indices = header.compression === RGB ? plainIndices(view, header) : runIndices(view, header);
  const data = new Uint8Array(3 * width * height);
  for (let row = 0; row < height; row++) {
    const from = (header.is_top_down ? row : height - 1 - row) * width;
    for (let x = 0; x < width; x++) {
      const colour = palette[indices[from + x]!];
      if (colour === undefined) throw new Error(DAMAGED);
      data.set(colour, 3 * (row * width + x));
    }
  }
  return { width, height, channels: 3, white: 255, data };
}

/** Indices as the file has their rows. */
function plainIndices(view: DataView, { width, height, bits, pixels_at }: Header): Uint8Array {
  const stride = Math.ceil(width * bits / 32) * 4;
  const indices = new Uint8Array(width * height);
  for (let row = 0; row < height; row++) {
    for (let x = 0; x < width; x++) {
      const bit = x * bits;
      const byte = view.getUint8(pixels_at + row * stride + (bit >> 3));
      indices[row * width + x] = (byte >> (8 - bits - (bit & 7))) & ((1 << bits) - 1);
    }
  }
  return indices;
}

/** Runs of one index, and marks for ends of rows, jumps and runs of different ones. */
function runIndices(view: DataView, { width, height, compression, pixels_at }: Header): Uint8Array {
  const indices = new Uint8Array(width * height);
  const is_half = compression === RLE4;
  let at = pixels_at, x = 0, row = 0;
  const put = (index: number) => {
    if (x >= width || row >= height) throw new Error(DAMAGED);
    indices[row * width + x++] = index;
  };
  const of = (byte: number, i: number) => is_half ? (i % 2 === 0 ? byte >> 4 : byte & 15) : byte;
  for (;;) {
    const count = view.getUint8(at++), value = view.getUint8(at++);
    if (count > 0) { for (let i = 0; i < count; i++) put(of(value, i)); }
    else if (value === 0) [x, row] = [0, row + 1];
    else if (value === 1) return indices;
    else if (value === 2) [x, row] = [x + view.getUint8(at++), row + view.getUint8(at++)];
    else {
      for (let i = 0; i < value; i++) put(of(view.getUint8(at + (is_half ? i >> 1 : i)), i));
      const num_bytes = is_half ? (value + 1) >> 1 : value;
      at += num_bytes + num_bytes % 2;
    }
  }
}

function direct(view: DataView, { width, height, is_top_down, bits, masks, pixels_at }: Header): Pixels {
  const item = bits / 8, stride = Math.ceil(width * bits / 32) * 4;
  const channels = masks[3] ? 4 : 3;
  const parts = masks.slice(0, channels).map((mask) => {
    const shift = mask === 0 ? 0 : 31 - Math.clz32(mask & -mask);
    return { mask, shift, most: mask >>> shift || 1 };
  });
  const data = new Uint8Array(channels * width * height);
  let to = 0;
  for (let row = 0; row < height; row++) {
    let at = pixels_at + (is_top_down ? row : height - 1 - row) * stride;
    for (let x = 0; x < width; x++, at += item) {
      const low = view.getUint16(at, true);
      const value = bits === 16
        ? low
        : bits === 24
        ? low | view.getUint8(at + 2) << 16
        : view.getUint32(at, true);
      for (const { mask, shift, most } of parts) {
        data[to++] = Math.floor(((value & mask) >>> shift) * 255 / most + 0.5);
      }
    }
  }
  return { width, height, channels, white: 255, data };
}
