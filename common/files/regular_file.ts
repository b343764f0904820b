/** Regular files, opened without blocking and read piece by piece. */
import { constants } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import type { Stats } from "node:fs";

/** Something that has a place in the file system but is no regular file. */
export class NotRegularError extends Error {
  override name = "NotRegularError";
  /** E.g. "a pipe". */
  readonly found: string;

  constructor(found: string) {
    super(`A regular file is required, found ${found}`);
    this.found = found;
  }
}

/** Bytes that can be read at any place. */
export interface ByteSource {
  /** Bytes in all. */
  readonly size: number;
  /** `length` bytes from `at` on; fewer where the source ends before. */
  read(at: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** Most bytes of one read: the system takes no more than 2^31 - 4096 at a time. */
const READ_BYTES = 1 << 28;

/** An open file. Its size is that of the moment of opening: what is appended later is not read. */
export class RegularFile implements ByteSource {
  readonly size: number;
  readonly #handle: FileHandle;

  private constructor(handle: FileHandle, size: number) {
    this.#handle = handle;
    this.size = size;
  }

  /**
   * Opens a file for reading. Links are followed. Never waits: a pipe, on which opening would wait for a writer, is
   * refused like a device. Throws {@linkcode NotRegularError} for what is no regular file, and the system's errors.
   */
  static async open(path: string): Promise<RegularFile> {
    const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const info = await handle.stat();
      if (!info.isFile()) throw new NotRegularError(kindOf(info));
      return new RegularFile(handle, info.size);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async read(at: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.size - at)));
    let filled = 0;
    while (filled < bytes.length) {
      const part = Math.min(READ_BYTES, bytes.length - filled);
      const { bytesRead } = await this.#handle.read(bytes, filled, part, at + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}

/** A regular file to be read at any place while it may grow. Throws as {@linkcode RegularFile.open} does. */
export async function openRegular(path: string): Promise<Deno.FsFile> {
  await requireRegular(path);
  return await Deno.open(path);
}

/** The content of a regular file. Throws as {@linkcode RegularFile.open} does. */
export async function readRegular(path: string): Promise<Uint8Array<ArrayBuffer>> {
  await requireRegular(path);
  return await Deno.readFile(path);
}

/** Opening a pipe waits for its other end, and a device may have none. */
async function requireRegular(path: string): Promise<void> {
  const info = await Deno.stat(path);
  if (!info.isFile) throw new NotRegularError(kindOf(await stat(path)));
}

/** The bytes of a source, piece by piece. */
export async function* piecesOf(
  source: ByteSource,
  piece_bytes: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let at = 0; at < source.size;) {
    const piece = await source.read(at, piece_bytes);
    if (piece.length === 0) return;
    yield piece;
    at += piece.length;
  }
}

function kindOf(info: Stats): string {
  if (info.isDirectory()) return "a folder";
  if (info.isFIFO()) return "a pipe";
  if (info.isSocket()) return "a socket";
  return info.isCharacterDevice() || info.isBlockDevice() ? "a device" : "something else";
}
