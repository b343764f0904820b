/** Content of a data file, decompressed piece by piece as it is read. */
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { type ByteSource, piecesOf } from "../../../common/files/regular_file.ts";
import { attempt, refuse } from "./data_file.ts";

/** Bytes at the beginning that tell what a file is. */
export const HEAD_BYTES = 4096;
const PIECE_BYTES = 1 << 20;

export interface Content {
  readonly file: string;
  /** The first bytes, {@linkcode HEAD_BYTES} of them or all. */
  readonly head: Uint8Array<ArrayBuffer>;
  /** Bytes in all; null: not known before all are unpacked. */
  readonly size: number | null;
  /** The file's own bytes, and how many of them the pieces that were taken last came from. */
  readonly packed_bytes: number;
  readonly taken_bytes: number;
  /** All bytes from the beginning. Throws {@linkcode UserError} where a gzip'ed file is damaged. */
  pieces(): AsyncGenerator<Uint8Array<ArrayBuffer>>;
}

/** The content of an open file. */
export async function contentOf(file: string, source: ByteSource): Promise<Content> {
  const magic = await attempt(file, () => source.read(0, 2));
  const is_packed = magic[0] === 0x1f && magic[1] === 0x8b;
  let taken_bytes = 0;
  const counted = async function* () {
    taken_bytes = 0;
    for await (const piece of piecesOf(source, PIECE_BYTES)) {
      taken_bytes += piece.length;
      yield piece;
    }
  };
  const pieces = () => is_packed ? unpacked(file, counted()) : counted();
  const head = await firstBytes({ pieces }, HEAD_BYTES);
  return {
    file,
    head,
    size: is_packed ? null : source.size,
    packed_bytes: source.size,
    get taken_bytes() {
      return taken_bytes;
    },
    pieces,
  };
}

/**
 * The `size` bytes behind the first `begin` ones. Throws {@linkcode UserError} where the file does not end with them:
 * `whole` says what they are.
 */
export async function readBehind(
  content: Content,
  begin: number,
  size: number,
  whole: string,
): Promise<Uint8Array<ArrayBuffer>> {
  requireSize(content, begin, size, whole);
  const wrong = wrongSize(content.file, begin + size, whole);
  const { bytes, is_all } = await takeFrom(content.pieces(), size, begin);
  if (bytes.length < size) wrong(begin + bytes.length, CUT);
  if (!is_all) wrong("more", MORE);
  return bytes;
}

const CUT = "it is incomplete: download it again";
const MORE = "it has extra bytes: download it again or remove them";

function wrongSize(file: string, required: number, whole: string) {
  return (found: number | string, how: string): never =>
    refuse(file, `${required} bytes are required for ${whole}, found ${found}; ${how}`);
}

/** Throws {@linkcode UserError} where a file whose size is known has more or fewer bytes behind the first `begin` ones. */
export function requireSize(
  { file, size: found }: Pick<Content, "file" | "size">,
  begin: number,
  size: number,
  whole: string,
): void {
  if (found === null || found === begin + size) return;
  wrongSize(file, begin + size, whole)(found, found < begin + size ? CUT : MORE);
}

/** The first bytes of some content, at most `size` of them. */
export async function firstBytes(
  content: Pick<Content, "pieces">,
  size: number,
): Promise<Uint8Array<ArrayBuffer>> {
  return (await takeFrom(content.pieces(), size)).bytes;
}

/** At most `size` bytes behind the first `begin` ones, and whether nothing follows them. */
async function takeFrom(
  pieces: AsyncGenerator<Uint8Array<ArrayBuffer>>,
  size: number,
  begin = 0,
): Promise<{ bytes: Uint8Array<ArrayBuffer>; is_all: boolean }> {
  const bytes = new Uint8Array(size);
  let filled = 0, skipped = 0;
  for await (const piece of pieces) {
    const skip = Math.min(begin - skipped, piece.length);
    skipped += skip;
    const part = piece.subarray(skip, skip + size - filled);
    bytes.set(part, filled);
    filled += part.length;
    if (skip + part.length < piece.length) return { bytes, is_all: false };
  }
  return { bytes: bytes.subarray(0, filled), is_all: true };
}

/** Decompresses gzip data: one member or several. */
async function* unpacked(
  file: string,
  pieces: AsyncGenerator<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const gunzip = createGunzip({ chunkSize: 1 << 16 });
  const source = Readable.from(pieces, { objectMode: false });
  source.on("error", (error) => gunzip.destroy(error));
  try {
    for await (const piece of source.pipe(gunzip)) {
      const { buffer, byteOffset, length } = piece as Uint8Array<ArrayBuffer>;
      yield new Uint8Array(buffer, byteOffset, length);
    }
  } catch (error) {
    refuseGzip(file, error);
  } finally {
    source.destroy();
    gunzip.destroy();
  }
}

function refuseGzip(file: string, error: unknown): never {
  const { code } = error as { code?: unknown };
  if (code === "Z_BUF_ERROR") {
    refuse(file, "a whole gzip file is required, found one that ends early; download it again");
  }
  const found = error instanceof Error ? error.message : String(error);
  refuse(
    file,
    `a whole gzip file is required, found a damaged one, or one with content after its end (${found}); ` +
      "download it again, or unpack it yourself with gzip -dc",
  );
}
