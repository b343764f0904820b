/**
 * TIFF files (TIFF 6.0): the first picture, in strips or tiles, of 1 to 16 bits a sample, plain or packed by PackBits,
 * LZW or Deflate, in grey, colours, a palette or four inks.
 */
import { inflateSync } from "node:zlib";
import { type FoundPicture, hasMark, type PictureFormat, soundOr } from "../format.ts";
import type { Orientation } from "../jpeg/exif.ts";
import { inkColours } from "../inks.ts";
import type { Pixels } from "../pixels.ts";
import { unpackLzw } from "./lzw.ts";

const DAMAGED = "a TIFF that is damaged or ends early";
/** Bytes of a value of each type that is read here: BYTE, SHORT, LONG. */
const TYPE_BYTES: Readonly<Record<number, number>> = { 1: 1, 3: 2, 4: 4 };
const WHITE_IS_0 = 0, BLACK_IS_0 = 1, COLOUR = 2, PALETTE = 3, INKS = 5;
/** Most values of one tag: offsets of strips. */
const MAX_VALUES = 1 << 22;

type Tag = (tag: number, otherwise?: readonly number[]) => readonly number[];

interface Header {
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  readonly samples: number;
  readonly photometric: number;
  readonly compression: number;
  readonly predictor: number;
  readonly is_little: boolean;
  readonly tag: Tag;
}

export const TIFF: PictureFormat = {
  title: "TIFF",
  is: (bytes) => hasMark(bytes, 0, "II*\0") || hasMark(bytes, 0, "MM\0*"),
  open: (bytes) => soundOr("TIFF", () => openTiff(bytes)),
};

function openTiff(bytes: Uint8Array): FoundPicture {
  const header = headerOf(bytes);
  const { width, height, photometric, tag } = header;
  const [turned] = tag(274, [1]);
  const orientation = turned! >= 1 && turned! <= 8 ? turned as Orientation : 1;
  const has_colour = photometric !== WHITE_IS_0 && photometric !== BLACK_IS_0;
  return {
    width,
    height,
    has_colour,
    orientation,
    decode: () => soundOr("TIFF", () => decode(bytes, header)),
  };
}

function headerOf(bytes: Uint8Array): Header {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const is_little = bytes[0] === 0x49;
  const tag = tagsOf(view, is_little);
  const [width] = tag(256), [height] = tag(257), [photometric] = tag(262, [BLACK_IS_0]);
  const [samples] = tag(277, [1]), all_bits = tag(258, [1]);
  const [bits] = all_bits, [compression] = tag(259, [1]), [predictor] = tag(317, [1]);
  if (!width || !height || !samples || samples > 16) throw new Error(DAMAGED);
  if (![1, 2, 4, 8, 16].includes(bits!) || all_bits.some((other) => other !== bits)) {
    throw new Error(`a TIFF of ${all_bits.join(", ")} bits per sample, not 1, 2, 4, 8 or 16`);
  }
  if (tag(339, [1]).some((format) => format !== 1)) {
    throw new Error("a TIFF of signed or fractional numbers (use NPY)");
  }
  if (![WHITE_IS_0, BLACK_IS_0, COLOUR, PALETTE, INKS].includes(photometric!)) {
    throw new Error(`a TIFF of an unsupported kind (colours of type ${photometric})`);
  }
  if (![1, 5, 8, 32946, 32773].includes(compression!)) {
    throw new Error(`a TIFF of an unsupported kind (compression ${compression})`);
  }
  if (predictor! > 2 || predictor === 2 && bits! < 8) {
    throw new Error(`a TIFF of an unsupported kind (predictor ${predictor})`);
  }
  return {
    width,
    height,
    bits: bits!,
    samples,
    photometric: photometric!,
    compression: compression!,
    predictor: predictor!,
    is_little,
    tag,
  };
}

/** Looks a tag of the first directory up. */
function tagsOf(view: DataView, is_little: boolean): Tag {
  const places = new Map<number, number>();
  const directory = view.getUint32(4, is_little);
  const count = view.getUint16(directory, is_little);
  for (let i = 0; i < count; i++) {
    const at = directory + 2 + 12 * i;
    places.set(view.getUint16(at, is_little), at);
  }
  return (tag, otherwise) => {
    const at = places.get(tag);
    if (at === undefined) {
      if (otherwise) return otherwise;
      throw new Error(DAMAGED);
    }
    const size = TYPE_BYTES[view.getUint16(at + 2, is_little)], length = view.getUint32(at + 4, is_little);
    if (size === undefined || length > MAX_VALUES) throw new Error(DAMAGED);
    const begin = size * length <= 4 ? at + 8 : view.getUint32(at + 8, is_little);
    if (begin + size * length > view.byteLength) throw new Error(DAMAGED);
    return Array.from({ length }, (_, i) => {
      const place = begin + size * i;
      return size === 1
        ? view.getUint8(place)
        : size === 2
        ? view.getUint16(place, is_little)
        : view.getUint32(place, is_little);
    });
  };
}

/** A part of the picture, with its place. */
interface Piece {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** Which of the planes it is a part of; 0 where samples are interleaved. */
  readonly plane: number;
  readonly offset: number;
  readonly num_bytes: number;
}

function* piecesOf({ width, height, samples, tag }: Header, is_planar: boolean): Generator<Piece> {
  const [tile_width] = tag(322, [0]), [tile_height] = tag(323, [0]);
  const is_tiled = tile_width! > 0 && tile_height! > 0;
  const rows = Math.min(height, tag(278, [height])[0]! || height);
  const [across, down] = is_tiled ? [tile_width!, tile_height!] : [width, rows];
  const offsets = tag(is_tiled ? 324 : 273), counts = tag(is_tiled ? 325 : 279);
  let index = 0;
  for (let plane = 0; plane < (is_planar ? samples : 1); plane++) {
    for (let top = 0; top < height; top += down) {
      for (let left = 0; left < width; left += across) {
        const offset = offsets[index], num_bytes = counts[index++];
        if (offset === undefined || num_bytes === undefined) throw new Error(DAMAGED);
        const fits = is_tiled ? down : Math.min(down, height - top);
        yield { left, top, width: across, height: fits, plane, offset, num_bytes };
      }
    }
  }
}

function decode(bytes: Uint8Array, header: Header): Pixels {
  const { width, height, bits, samples, tag } = header;
  const is_planar = tag(284, [1])[0] === 2 && samples > 1;
  const all = bits === 16
    ? new Uint16Array(width * height * samples)
    : new Uint8Array(width * height * samples);
  const per_pixel = is_planar ? 1 : samples;
  for (const piece of piecesOf(header, is_planar)) {
    const row_bytes = Math.ceil(piece.width * per_pixel * bits / 8);
    // A tile may reach past the picture, but not far past what is decoded at most.
    if (row_bytes * piece.height > 16 * (width * height * samples + 65_536)) throw new Error(DAMAGED);
    const packed = bytes.subarray(piece.offset, piece.offset + piece.num_bytes);
    const rows = unpacked(packed, header.compression, row_bytes * piece.height);
    const wide = Math.min(piece.width, width - piece.left), high = Math.min(piece.height, height - piece.top);
    for (let y = 0; y < high; y++) {
      const row = samplesOf(
        rows.subarray(y * row_bytes, (y + 1) * row_bytes),
        header,
        piece.width * per_pixel,
      );
      if (header.predictor === 2) sumUp(row, per_pixel, bits);
      const to = (piece.top + y) * width + piece.left;
      for (let i = 0; i < wide * per_pixel; i++) {
        const place = is_planar ? (to + i) * samples + piece.plane : to * samples + i;
        all[place] = row[i]!;
      }
    }
  }
  return pixelsOf(header, all);
}

function unpacked(packed: Uint8Array, compression: number, size: number): Uint8Array {
  let bytes: Uint8Array;
  if (compression === 1) bytes = packed;
  else if (compression === 5) {
    bytes = new Uint8Array(size);
    bytes = bytes.subarray(0, unpackLzw(packed, { value_bits: 8, is_tiff: true }, bytes));
  } else if (compression === 32773) bytes = unpackBits(packed, size);
  else {
    try {
      bytes = inflateSync(packed, { maxOutputLength: size + 65_536 });
    } catch {
      throw new Error(DAMAGED);
    }
  }
  if (bytes.length < size) throw new Error(DAMAGED);
  return bytes;
}

/** PackBits: a count, then bytes as they are; or one byte that is repeated. */
function unpackBits(packed: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(size);
  let filled = 0;
  for (let at = 0; at < packed.length && filled < size;) {
    const count = packed[at++]!;
    if (count < 128) {
      const part = packed.subarray(at, at += count + 1).subarray(0, size - filled);
      out.set(part, filled);
      filled += part.length;
    } else if (count > 128) {
      out.fill(packed[at++]!, filled, filled += 257 - count);
    }
  }
  return out.subarray(0, Math.min(size, filled));
}

function samplesOf(row: Uint8Array, { bits, is_little }: Header, count: number): Uint8Array | Uint16Array {
  if (bits === 8) return row.slice(0, count);
  if (bits === 16) {
    const view = new DataView(row.buffer, row.byteOffset, row.byteLength);
    return Uint16Array.from({ length: count }, (_, i) => view.getUint16(2 * i, is_little));
  }
  return Uint8Array.from({ length: count }, (_, i) => {
    const bit = i * bits;
    return (row[bit >> 3]! >> (8 - bits - (bit & 7))) & ((1 << bits) - 1);
  });
}

/** Each sample was stored as its difference from the one before it. */
function sumUp(row: Uint8Array | Uint16Array, per_pixel: number, bits: number): void {
  const mask = (1 << bits) - 1;
  for (let i = per_pixel; i < row.length; i++) row[i] = (row[i]! + row[i - per_pixel]!) & mask;
}

function pixelsOf(header: Header, all: Uint8Array | Uint16Array): Pixels {
  const { width, height, bits, samples, photometric, tag } = header;
  const white = 2 ** bits - 1;
  if (photometric === PALETTE) return looked(header, all);
  const colours = photometric === COLOUR ? 3 : photometric === INKS ? 4 : 1;
  if (samples < colours) throw new Error(DAMAGED);
  // 1: premultiplied, 2: not; others are no alpha.
  const [extra] = tag(338, [0]);
  const has_alpha = samples > colours && (extra === 1 || extra === 2);
  const data = kept(all, samples, colours + (has_alpha ? 1 : 0));
  if (photometric === INKS) {
    if (bits !== 8) throw new Error(`a CMYK TIFF of ${bits} bits, not 8`);
    return { width, height, channels: 3, white: 255, data: inkColours(kept(all, samples, 4)) };
  }
  const channels = has_alpha ? colours + 1 : colours;
  if (photometric === WHITE_IS_0) {
    for (let i = 0; i < data.length; i += channels) {
      data[i] = white - data[i]!;
    }
  }
  if (has_alpha && extra === 1) divideByAlpha(data, channels, white);
  return { width, height, channels, white, data };
}

function kept(all: Uint8Array | Uint16Array, samples: number, channels: number): Uint8Array | Uint16Array {
  if (samples === channels) return all;
  const size = all.length / samples;
  const data = all instanceof Uint8Array ? new Uint8Array(size * channels) : new Uint16Array(size * channels);
  for (let i = 0; i < size; i++) {
    for (let c = 0; c < channels; c++) data[i * channels + c] = all[i * samples + c]!;
  }
  return data;
}

function divideByAlpha(data: Uint8Array | Uint16Array, channels: number, white: number): void {
  for (let i = 0; i < data.length; i += channels) {
    const alpha = data[i + channels - 1]!;
    for (let c = 0; alpha > 0 && c < channels - 1; c++) {
      data[i + c] = Math.min(white, Math.round(data[i + c]! * white / alpha));
    }
  }
}

function looked({ width, height, samples, bits, tag }: Header, all: Uint8Array | Uint16Array): Pixels {
  const map = tag(320), num_entries = 1 << bits;
  if (bits > 8 || map.length < 3 * num_entries) throw new Error(DAMAGED);
  const data = new Uint8Array(3 * width * height);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) data[3 * i + c] = map[c * num_entries + all[i * samples]!]! >> 8;
  }
  return { width, height, channels: 3, white: 255, data };
}
