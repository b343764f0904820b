/** The rows of a PNG: unpacked within what its header allows, their filters undone, Adam7's passes put together. */
import { inflateRawSync } from "node:zlib";
import { joined } from "../../../../common/joined.ts";
import type { PngHeader } from "./png_chunks.ts";

/** Samples as they are stored, interleaved, row by row. */
export type Samples = Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>;

/** Samples of a pixel, by colour type. */
const SAMPLES_OF: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
/** Memory is taken in steps, so that a header that lies takes no more than the data behind it. */
const INFLATE_STEP = 1 << 20;

/** Pixels that a pass brings: columns `left`, `left + across`, ... of rows `top`, `top + down`, ... */
interface Pass {
  readonly left: number;
  readonly top: number;
  readonly across: number;
  readonly down: number;
  readonly columns: number;
  readonly rows: number;
}

const WHOLE = [[0, 0, 1, 1]] as const;
const ADAM7 = [[0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [1, 0, 2, 2], [
  0,
  1,
  1,
  2,
]] as const;

/** Samples of a pixel of a PNG. */
export function samplesPerPixel({ colour_type }: PngHeader): number {
  return SAMPLES_OF[colour_type]!;
}

/** All samples of a picture. Throws Error with the reason where there are not as many as the header says. */
export function readSamples(header: PngHeader, packed: readonly Uint8Array[]): Samples {
  const passes = passesOf(header);
  const bits = samplesPerPixel(header) * header.depth;
  const rowBytes = ({ columns }: Pass) => Math.ceil(columns * bits / 8);
  const rows = inflate(packed, passes.reduce((sum, pass) => sum + pass.rows * (1 + rowBytes(pass)), 0));
  const count = header.width * header.height * samplesPerPixel(header);
  const out = header.depth === 16 ? new Uint16Array(count) : new Uint8Array(count);
  let at = 0;
  for (const pass of passes) {
    const row_bytes = rowBytes(pass);
    for (let row = 0; row < pass.rows; row++, at += 1 + row_bytes) {
      undoFilter(rows, at, row_bytes, Math.max(1, bits >> 3), row === 0);
      place(out, header, pass, row, rows.subarray(at + 1, at + 1 + row_bytes));
    }
  }
  return out;
}

function passesOf({ width, height, interlaced }: PngHeader): readonly Pass[] {
  return (interlaced ? ADAM7 : WHOLE).map(([left, top, across, down]) => ({
    ...{ left, top, across, down },
    columns: Math.max(0, Math.ceil((width - left) / across)),
    rows: Math.max(0, Math.ceil((height - top) / down)),
  })).filter(({ columns, rows }) => columns > 0 && rows > 0);
}

/** Without the checksum behind the data: each chunk has one of its own, and some writers get this one wrong. */
function inflate(packed: readonly Uint8Array[], required: number): Uint8Array {
  const data = packed.length === 1 ? packed[0]! : joined(packed);
  const is_deflate = data.length > 2 && (data[0]! & 15) === 8 && (data[0]! << 8 | data[1]!) % 31 === 0 &&
    (data[1]! & 0x20) === 0;
  if (!is_deflate) throw new Error("a PNG that is damaged");
  let rows: Uint8Array;
  try {
    const chunk_bytes = Math.max(64, Math.min(required + 1, INFLATE_STEP));
    rows = inflateRawSync(data.subarray(2), { maxOutputLength: required, chunkSize: chunk_bytes });
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code === "ERR_BUFFER_TOO_LARGE") throw new Error("a PNG that holds more than its header says");
    throw new Error(code === "Z_BUF_ERROR" ? "a PNG that ends early" : "a PNG that is damaged");
  }
  if (rows.length < required) throw new Error("a PNG that ends early");
  return rows;
}

/** The filter's type lies at `at`, the row behind it, the row above before it. `pixel`: bytes to the left one. */
function undoFilter(rows: Uint8Array, at: number, row_bytes: number, pixel: number, is_first: boolean): void {
  const type = rows[at]!;
  const begin = at + 1, end = begin + row_bytes, up = row_bytes + 1;
  if (type === 0) return;
  if (type === 1) {
    for (let i = begin + pixel; i < end; i++) rows[i]! += rows[i - pixel]!;
  } else if (type === 2) {
    if (!is_first) { for (let i = begin; i < end; i++) rows[i]! += rows[i - up]!; }
  } else if (type === 3) {
    for (let i = begin; i < end; i++) {
      const left = i >= begin + pixel ? rows[i - pixel]! : 0;
      rows[i]! += left + (is_first ? 0 : rows[i - up]!) >> 1;
    }
  } else if (type === 4) undoPaeth(rows, begin, end, pixel, is_first ? null : up);
  else throw new Error("a PNG that is damaged");
}

function undoPaeth(rows: Uint8Array, begin: number, end: number, pixel: number, up: number | null): void {
  for (let i = begin; i < end; i++) {
    const has_left = i >= begin + pixel;
    const left = has_left ? rows[i - pixel]! : 0;
    const above = up === null ? 0 : rows[i - up]!;
    const corner = has_left && up !== null ? rows[i - up - pixel]! : 0;
    const to_left = Math.abs(above - corner), to_above = Math.abs(left - corner);
    const to_corner = Math.abs(left + above - 2 * corner);
    const nearest = to_left <= to_above && to_left <= to_corner
      ? left
      : to_above <= to_corner
      ? above
      : corner;
    rows[i]! += nearest;
  }
}

/** Puts the samples of a row where they belong. */
function place(out: Samples, header: PngHeader, pass: Pass, row: number, bytes: Uint8Array): void {
  const { width, depth } = header;
  const per_pixel = samplesPerPixel(header);
  const begin = ((pass.top + row * pass.down) * width + pass.left) * per_pixel;
  if (depth === 8 && pass.across === 1) return out.set(bytes, begin);
  const mask = (1 << depth) - 1;
  for (let x = 0; x < pass.columns; x++) {
    const to = begin + x * pass.across * per_pixel;
    for (let c = 0; c < per_pixel; c++) {
      const i = x * per_pixel + c;
      if (depth === 8) out[to + c] = bytes[i]!;
      else if (depth === 16) out[to + c] = bytes[2 * i]! << 8 | bytes[2 * i + 1]!;
      // The leftmost pixel lies in the highest bits.
      else out[to + c] = bytes[i * depth >> 3]! >> 8 - depth - (i * depth & 7) & mask;
    }
  }
}
