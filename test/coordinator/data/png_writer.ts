/** Writes PNG files of every kind, also wrong ones; what they show is known from the samples. */
import { crc32, deflateSync } from "node:zlib";
import type { Stream } from "../../../random/philox.ts";

export interface PngPicture {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colour_type: number;
  readonly interlaced: boolean;
  /** Interleaved, row by row. */
  readonly samples: readonly number[];
  readonly palette?: Uint8Array;
  readonly transparency?: Uint8Array;
  /** Chunks before the picture's. */
  readonly extra?: readonly Uint8Array[];
}

export const SAMPLES_OF: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

export function chunk(type: string, content: Uint8Array): Uint8Array {
  const out = new Uint8Array(12 + content.length);
  const view = new DataView(out.buffer);
  view.setUint32(0, content.length);
  out.set(new TextEncoder().encode(type), 4);
  out.set(content, 8);
  view.setUint32(8 + content.length, crc32(out.subarray(4, 8 + content.length)));
  return out;
}

export function header(picture: Omit<PngPicture, "samples">): Uint8Array {
  const content = new Uint8Array(13);
  const view = new DataView(content.buffer);
  view.setUint32(0, picture.width);
  view.setUint32(4, picture.height);
  content.set([picture.depth, picture.colour_type, 0, 0, picture.interlaced ? 1 : 0], 8);
  return chunk("IHDR", content);
}

export function fileOf(...chunks: readonly Uint8Array[]): Uint8Array {
  const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  return joined([signature, ...chunks, chunk("IEND", new Uint8Array(0))]);
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** The file, each row filtered by a type drawn from `random`, its data in `num_parts` chunks. */
export function encode(picture: PngPicture, random: Stream, num_parts = 1): Uint8Array {
  const data = deflateSync(rowsOf(picture, () => Math.floor(5 * random.nextUniform())));
  const part = Math.ceil(data.length / num_parts);
  const parts = Array.from(
    { length: num_parts },
    (_, i) => chunk("IDAT", data.subarray(i * part, (i + 1) * part)),
  );
  return fileOf(
    header(picture),
    ...picture.extra ?? [],
    ...picture.palette ? [chunk("PLTE", picture.palette)] : [],
    ...picture.transparency ? [chunk("tRNS", picture.transparency)] : [],
    ...parts,
  );
}

/** The rows as they are compressed, those of Adam7's passes one after the other. */
export function rowsOf(picture: PngPicture, filterOf: () => number): Uint8Array {
  const { width, height, depth, colour_type, interlaced, samples } = picture;
  const per_pixel = SAMPLES_OF[colour_type]!;
  const out: number[] = [];
  for (let pass = 0; pass < (interlaced ? 7 : 1); pass++) {
    let above: number[] | null = null;
    for (let y = 0; y < height; y++) {
      const row: number[] = [];
      for (let x = 0; x < width; x++) {
        if (interlaced && passOf(x, y) !== pass) continue;
        for (let c = 0; c < per_pixel; c++) row.push(samples[(y * width + x) * per_pixel + c]!);
      }
      if (row.length === 0) continue;
      const bytes = packed(row, depth);
      out.push(...filtered(filterOf(), bytes, above, Math.max(1, per_pixel * depth >> 3)));
      above = bytes;
    }
  }
  return Uint8Array.from(out);
}

/** The pass of Adam7 that a pixel comes with, as the standard's picture of 8 x 8 has it. */
function passOf(x: number, y: number): number {
  const square = [
    "05350535",
    "66666666",
    "45454545",
    "66666666",
    "15351535",
    "66666666",
    "45454545",
    "66666666",
  ];
  const pass = { "0": 0, "1": 2, "3": 3, "4": 4, "5": 5, "6": 6 }[square[y % 8]![x % 8]!]!;
  return x % 8 === 4 && y % 8 === 0 ? 1 : pass;
}

function packed(row: readonly number[], depth: number): number[] {
  if (depth === 16) return row.flatMap((sample) => [sample >> 8, sample & 255]);
  const bits = row.map((sample) => sample.toString(2).padStart(depth, "0")).join("");
  return Array.from(
    { length: Math.ceil(bits.length / 8) },
    (_, i) => parseInt(bits.slice(8 * i, 8 * i + 8).padEnd(8, "0"), 2),
  );
}

function filtered(type: number, bytes: number[], above: number[] | null, pixel: number): number[] {
  return [
    type,
    ...bytes.map((byte, i) => {
      const a = bytes[i - pixel] ?? 0, b = above?.[i] ?? 0, c = i >= pixel ? above?.[i - pixel] ?? 0 : 0;
      const p = a + b - c;
      const [pa, pb, pc] = [Math.abs(p - a), Math.abs(p - b), Math.abs(p - c)];
      const paeth = pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
      return byte - [0, a, b, (a + b) >> 1, paeth][type]! & 255;
    }),
  ];
}
