/** Reader of ZIP archives: files stored or deflated, of any size (PKWARE APPNOTE 6.3, ZIP64 included). */
import { Readable } from "node:stream";
import { crc32, createInflateRaw } from "node:zlib";
import { cleanText } from "../text/foreign_text.ts";
import { type ByteSource, piecesOf } from "./regular_file.ts";

const END = { signature: 0x0605_4b50, bytes: 22 } as const;
const END_64 = { signature: 0x0606_4b50, bytes: 56 } as const;
const LOCATOR_64 = { signature: 0x0706_4b50, bytes: 20 } as const;
const ENTRY = { signature: 0x0201_4b50, bytes: 46 } as const;
const LOCAL = { signature: 0x0403_4b50, bytes: 30 } as const;
/** A comment of up to so many bytes follows the end record. */
const MAX_COMMENT_BYTES = 0xffff;
const MAX_DIRECTORY_BYTES = 1 << 28;
/** Characters of a name in a message. */
const MAX_NAME_CHARS = 100;
const PIECE_BYTES = 1 << 20;
const ENCRYPTED = 1;
const STORED = 0;
const DEFLATED = 8;
const METHODS: Readonly<Record<number, string>> = {
  9: "Deflate64",
  12: "bzip2",
  14: "LZMA",
  93: "Zstandard",
  95: "XZ",
};
/** Numbers that do not fit are elsewhere (ZIP64). */
const ELSEWHERE = 0xffff_ffff;
const EXTRA_64 = 1;

/** How an archive is spoken of. */
export interface Spoken {
  /** E.g. "NPZ file". */
  readonly kind: string;
  /** Name for the files in it, e.g. "array". */
  readonly part: string;
  /** Throws, with the reason in it. */
  readonly refuse: (why: string) => never;
}

/** Position and compression of a file in its archive. */
export interface ZipPlace {
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  /** Offset of its own header. */
  readonly local: number;
}

/** A file in an archive. */
export interface ZipEntry {
  readonly name: string;
  /** Bytes that it has by the directory when unpacked. */
  readonly size: number;
  readonly place: ZipPlace;
  /**
   * Unpacks it, piece by piece: never more than `size` bytes. Calls `refuse` where it is encrypted, packed in a way
   * that is not known, or damaged; whether its checksum is right is known at the end.
   */
  pieces(): AsyncGenerator<Uint8Array<ArrayBuffer>>;
}

/** A name in an archive as a message shows it. */
export function shownName(name: string): string {
  return cleanText(name, MAX_NAME_CHARS);
}

/** True if bytes begin as those of an archive, be it an empty one. */
export function isZip(bytes: Uint8Array): boolean {
  const [p, k, three, four] = bytes;
  return p === 0x50 && k === 0x4b && (three === 3 && four === 4 || three === 5 && four === 6);
}

/** All bytes of a file in an archive. Calls `refuse` where they are more than `max_bytes`. */
export async function bytesOf(entry: ZipEntry, max_bytes: number, { part, refuse }: Spoken) {
  if (entry.size > max_bytes) {
    refuse(
      `a ${part} of at most ${max_bytes} bytes is required, found ${entry.size} in ${shownName(entry.name)}`,
    );
  }
  const bytes = new Uint8Array(entry.size);
  let filled = 0;
  for await (const piece of entry.pieces()) {
    bytes.set(piece, filled);
    filled += piece.length;
  }
  return bytes;
}

/** The files of an archive, in the order of its directory. Calls `refuse` where it is not whole. */
export async function zipEntries(source: ByteSource, spoken: Spoken): Promise<ZipEntry[]> {
  const damaged = (): never =>
    spoken.refuse(`a whole ${spoken.kind} is required, found a damaged one; download it again`);
  const { count, begin, size, shift } = await findDirectory(source, spoken, damaged);
  const bytes = await source.read(begin, size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: ZipEntry[] = [];
  for (let i = 0, at = 0; i < count; i++) {
    if (at + ENTRY.bytes > bytes.length || view.getUint32(at, true) !== ENTRY.signature) damaged();
    const [name_bytes, extra_bytes, comment_bytes] = [28, 30, 32].map((offset) =>
      view.getUint16(at + offset, true)
    ) as [number, number, number];
    const extra = at + ENTRY.bytes + name_bytes;
    const next = extra + extra_bytes + comment_bytes;
    if (next > bytes.length) damaged();
    const name = new TextDecoder().decode(bytes.subarray(at + ENTRY.bytes, extra));
    const facts = factsOf(view, at, new DataView(bytes.buffer, bytes.byteOffset + extra, extra_bytes));
    const place = facts && { ...facts, local: facts.local + shift };
    if (place === null) return damaged();
    entries.push({
      name,
      size: place.size,
      place,
      pieces: () => unpack(shownName(name), source, place, spoken),
    });
    at = next;
  }
  return entries;
}

interface Directory {
  readonly count: number;
  readonly begin: number;
  readonly size: number;
  /** Bytes in front of the archive, which its offsets do not count. */
  readonly shift: number;
}

async function findDirectory(
  source: ByteSource,
  { kind, refuse }: Spoken,
  damaged: () => never,
): Promise<Directory> {
  const tail_at = Math.max(0, source.size - MAX_COMMENT_BYTES - END.bytes - LOCATOR_64.bytes);
  const tail = await source.read(tail_at, source.size - tail_at);
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
  let end = view.byteLength - END.bytes;
  while (end >= 0 && view.getUint32(end, true) !== END.signature) end--;
  if (end < 0) return refuse(`a whole ${kind} is required, found one that ends early; download it again`);
  let directory_end = tail_at + end;
  let [count, size, offset] = [
    view.getUint16(end + 10, true),
    view.getUint32(end + 12, true),
    view.getUint32(end + 16, true),
  ];
  const locator = end - LOCATOR_64.bytes;
  if (locator >= 0 && view.getUint32(locator, true) === LOCATOR_64.signature) {
    directory_end = Number(view.getBigUint64(locator + 8, true));
    const record = await source.read(directory_end, END_64.bytes);
    const view_64 = new DataView(record.buffer, record.byteOffset, record.byteLength);
    if (record.length < END_64.bytes || view_64.getUint32(0, true) !== END_64.signature) damaged();
    [count, size, offset] = [32, 40, 48].map((at) => Number(view_64.getBigUint64(at, true))) as [
      number,
      number,
      number,
    ];
  }
  const begin = directory_end - size;
  const shift = begin - offset;
  if (begin < 0 || shift < 0 || size > MAX_DIRECTORY_BYTES || count * ENTRY.bytes > size) damaged();
  return { count, begin, size, shift };
}

/** null where numbers are said to be elsewhere and are not. */
function factsOf(view: DataView, at: number, extra: DataView): ZipPlace | null {
  const [flags, method] = [view.getUint16(at + 8, true), view.getUint16(at + 10, true)];
  // In the order in which ZIP64 has those that do not fit.
  const numbers = [24, 20, 42].map((offset) => view.getUint32(at + offset, true));
  if (numbers.includes(ELSEWHERE)) {
    let from = extraField(extra, EXTRA_64);
    if (from === null) return null;
    for (const [i, number] of numbers.entries()) {
      if (number !== ELSEWHERE) continue;
      if (from + 8 > extra.byteLength) return null;
      numbers[i] = Number(extra.getBigUint64(from, true));
      from += 8;
    }
  }
  const [size, packed, local] = numbers as [number, number, number];
  return { flags, method, crc: view.getUint32(at + 16, true), packed, size, local };
}

/** Offset of the content of an extra field. */
function extraField(extra: DataView, wanted: number): number | null {
  for (let at = 0; at + 4 <= extra.byteLength; at += 4 + extra.getUint16(at + 2, true)) {
    if (extra.getUint16(at, true) === wanted) return at + 4;
  }
  return null;
}

async function* unpack(
  name: string,
  source: ByteSource,
  { flags, method, crc, packed, size, local }: ZipPlace,
  { part, refuse }: Spoken,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  if ((flags & ENCRYPTED) !== 0) {
    refuse(`${part}s without a password are required, found ${name} encrypted; unpack it yourself`);
  }
  if (method !== STORED && method !== DEFLATED) {
    const found = METHODS[method] ?? `method ${method}`;
    refuse(`${part}s stored or deflated are required, found ${found} in ${name}; unpack it yourself`);
  }
  const damaged = (): never =>
    refuse(`a whole ${part} is required, found a damaged one in ${name}; download it again`);
  const header = await source.read(local, LOCAL.bytes);
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  if (header.length < LOCAL.bytes || view.getUint32(0, true) !== LOCAL.signature) damaged();
  const begin = local + LOCAL.bytes + view.getUint16(26, true) + view.getUint16(28, true);
  if (begin + packed > source.size || (method === STORED && packed !== size)) damaged();
  const raw = piecesOf(partOf(source, begin, packed), PIECE_BYTES);
  let found_crc = 0, found = 0;
  for await (const piece of method === STORED ? raw : inflated(raw, damaged)) {
    found += piece.length;
    found_crc = crc32(piece, found_crc);
    if (found > size || (found === size && found_crc !== crc)) damaged();
    yield piece;
  }
  if (found !== size) damaged();
}

function partOf(source: ByteSource, begin: number, size: number): ByteSource {
  return { size, read: (at, length) => source.read(begin + at, Math.min(length, size - at)) };
}

async function* inflated(
  packed: AsyncGenerator<Uint8Array<ArrayBuffer>>,
  damaged: () => never,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const inflate = createInflateRaw({ chunkSize: 1 << 16 });
  const source = Readable.from(packed, { objectMode: false });
  source.on("error", (error) => inflate.destroy(error));
  try {
    for await (const piece of source.pipe(inflate)) {
      const { buffer, byteOffset, length } = piece as Uint8Array<ArrayBuffer>;
      yield new Uint8Array(buffer, byteOffset, length);
    }
  } catch (error) {
    if ((error as { code?: unknown }).code === undefined) throw error;
    damaged();
  } finally {
    source.destroy();
    inflate.destroy();
  }
}
