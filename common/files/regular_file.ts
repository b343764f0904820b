/** Regular files: opened without waiting, looked at when they are open, and read piece by piece. */
import { closeSync, constants, fstatSync, open, openSync, read, readSync, type Stats } from "node:fs";
import { promisify } from "node:util";

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
/** Without O_NONBLOCK, opening a pipe waits for its other end. Windows has neither. */
const READ_AT_ONCE = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

const openLater = promisify(open);
const readLater = promisify(read);

/** An open file. */
export class RegularFile implements ByteSource, Disposable {
  /** At the moment of opening. */
  readonly size: number;
  readonly #written_ms: number;
  readonly #file: number;

  private constructor(file: number) {
    const info = fstatSync(file);
    if (!info.isFile()) throw new NotRegularError(kindOf(info));
    this.#file = file;
    this.size = info.size;
    this.#written_ms = info.mtimeMs;
  }

  /**
   * Opens a file for reading. Links are followed. Never waits: a pipe, on which opening would wait for a writer, is
   * refused like a device. Throws {@linkcode NotRegularError} for what is no regular file, and errors of Deno's classes
   * for what the system refuses.
   */
  static async open(path: string): Promise<RegularFile> {
    return RegularFile.#of(await openLater(path, READ_AT_ONCE).catch(rethrow));
  }

  static openSync(path: string): RegularFile {
    return RegularFile.#of(openAtOnce(path));
  }

  static #of(file: number): RegularFile {
    try {
      return new RegularFile(file);
    } catch (error) {
      closeSync(file);
      throw error;
    }
  }

  /** Size of the file when it was opened. */
  async read(at: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.size - at)));
    return bytes.subarray(0, await this.fill(bytes, at));
  }

  /** Fills `bytes` with what the file holds from `at` on by now; returns for how many there was enough. */
  async fill(bytes: Uint8Array, at: number): Promise<number> {
    for (let filled = 0;;) {
      const part = Math.min(READ_BYTES, bytes.length - filled);
      const { bytesRead } = part === 0
        ? NOTHING
        : await readLater(this.#file, bytes, filled, part, at + filled);
      if (bytesRead === 0) return filled;
      filled += bytesRead;
    }
  }

  /** As {@linkcode fill}, at once. */
  fillSync(bytes: Uint8Array, at: number): number {
    for (let filled = 0;;) {
      const part = Math.min(READ_BYTES, bytes.length - filled);
      const count = part === 0 ? 0 : readSync(this.#file, bytes, filled, part, at + filled);
      if (count === 0) return filled;
      filled += count;
    }
  }

  /** By now: it may grow. */
  currentSize(): number {
    return fstatSync(this.#file).size;
  }

  /** True if it was written to, or cut, since it was opened. */
  hasChanged(): boolean {
    const { size, mtimeMs } = fstatSync(this.#file);
    return size !== this.size || mtimeMs !== this.#written_ms;
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }
}

const NOTHING = { bytesRead: 0 };

/** The content of a regular file. Throws as {@linkcode RegularFile.open} does. */
export async function readRegular(path: string): Promise<Uint8Array<ArrayBuffer>> {
  using file = await RegularFile.open(path);
  return await file.read(0, file.size);
}

/** As {@linkcode readRegular}, at once; throws RangeError where it has more than `max_bytes`. */
export function readRegularSync(path: string, max_bytes = Infinity): Uint8Array<ArrayBuffer> {
  using file = RegularFile.openSync(path);
  if (file.size > max_bytes) throw new RangeError(`a file of ${file.size} bytes, more than ${max_bytes}`);
  const bytes = new Uint8Array(file.size);
  return bytes.subarray(0, file.fillSync(bytes, 0));
}

/** Opens for reading, without waiting for anybody; the number of the open file. Throws errors of Deno's classes. */
export function openAtOnce(path: string): number {
  try {
    return openSync(path, READ_AT_ONCE);
  } catch (error) {
    return rethrow(error);
  }
}

const CLASSES = {
  ENOENT: Deno.errors.NotFound,
  ENOTDIR: Deno.errors.NotADirectory,
  EACCES: Deno.errors.PermissionDenied,
  EPERM: Deno.errors.PermissionDenied,
  ELOOP: Deno.errors.FilesystemLoop,
};

/** Node's errors have a code where those of Deno have a class as well. */
function rethrow(error: unknown): never {
  const { code, message } = error as Error & { readonly code?: string };
  // What opening a socket's file gives.
  if (code === "ENXIO") throw new NotRegularError("a socket");
  const Class = CLASSES[code as keyof typeof CLASSES];
  throw Class === undefined ? error : Object.assign(new Class(message), { code });
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

/** E.g. "a pipe". */
export function kindOf(info: Stats): string {
  if (info.isDirectory()) return "a folder";
  if (info.isFIFO()) return "a pipe";
  if (info.isSocket()) return "a socket";
  return info.isCharacterDevice() || info.isBlockDevice() ? "a device" : "something else";
}
