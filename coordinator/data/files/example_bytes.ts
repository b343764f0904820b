/** The bytes of a data set's examples: in memory, or in a file that is read where they are needed. */
import { UserError } from "../../../common/errors.ts";
import { RegularFile } from "../../../common/files/regular_file.ts";
import { Sha256 } from "../../../common/sha256.ts";
import { setImmediate } from "node:timers/promises";

/** Bytes that can be had in pieces. */
export interface ByteParts {
  readonly length: number;
  subarray(begin: number, end: number): Uint8Array;
}

/** Those of examples. A Uint8Array is such. */
export interface ExampleBytes extends ByteParts {
  /** Those from `begin` to before `end`; not to be written to. */
  subarray(begin: number, end: number): Uint8Array<ArrayBuffer>;
}

/** Arrays of more bytes stay in their file. */
export const MOST_IN_MEMORY = 1 << 28;
const PIECE_BYTES = 1 << 24;

interface Part {
  /** Bytes before it, and its own. */
  readonly begin: number;
  readonly length: number;
  /** True for a file that only wagon writes, whose times say nothing. */
  readonly is_own?: boolean;
}

/** Part of a file that stays open. */
export class FileBytes implements ExampleBytes {
  readonly length: number;
  readonly #path: string;
  readonly #file: RegularFile;
  readonly #begin: number;
  readonly #is_own: boolean;

  private constructor(path: string, file: RegularFile, { begin, length, is_own }: Part) {
    this.#path = path;
    this.#file = file;
    this.#begin = begin;
    this.length = length;
    this.#is_own = is_own === true;
  }

  static async open(path: string, part: Part): Promise<FileBytes> {
    return new FileBytes(path, await RegularFile.open(path), part);
  }

  /** Throws {@linkcode UserError} where the file is not as it was when it was opened. */
  subarray(begin: number, end: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(end - begin);
    const count = this.#file.fillSync(bytes, this.#begin + begin);
    if (count === bytes.length && (this.#is_own || !this.#file.hasChanged())) return bytes;
    throw new UserError(
      `Cannot train on ${this.#path}: it is too large for memory and must stay as it is during the run, but it was ` +
        "changed; restore it, and resume the run",
    );
  }
}

/** Bytes that are made of others when they are needed: float32 numbers, one by one. */
export class MappedBytes implements ExampleBytes {
  readonly #of: ExampleBytes;
  readonly #map: (values: Float32Array<ArrayBuffer>, first: number) => void;

  /** `map`: changes numbers in place; `first` is the place of the first of them among all. */
  constructor(of: ExampleBytes, map: (values: Float32Array<ArrayBuffer>, first: number) => void) {
    this.#of = of;
    this.#map = map;
  }

  get length(): number {
    return this.#of.length;
  }

  subarray(begin: number, end: number): Uint8Array<ArrayBuffer> {
    const first = begin - begin % 4, last = end + (4 - end % 4) % 4;
    const bytes = this.#of.subarray(first, last).slice();
    this.#map(new Float32Array(bytes.buffer), first / 4);
    return bytes.subarray(begin - first, end - first);
  }
}

/** All of them, in memory. */
export function wholeBytes(bytes: ExampleBytes): Uint8Array<ArrayBuffer> {
  return bytes instanceof Uint8Array ? bytes as Uint8Array<ArrayBuffer> : bytes.subarray(0, bytes.length);
}

/** All of them in order, in one piece if they are in memory. `unit`: bytes that stay together. */
export function* piecesOf(bytes: ExampleBytes, unit: number): Generator<Uint8Array<ArrayBuffer>> {
  if (bytes instanceof Uint8Array) return yield bytes as Uint8Array<ArrayBuffer>;
  const step = Math.max(1, Math.floor(PIECE_BYTES / unit)) * unit;
  for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, Math.min(bytes.length, at + step));
}

/** Float32 numbers in order, in pieces. `unit`: numbers that stay together. */
export function* floatsIn(bytes: ExampleBytes, unit = 1): Generator<Float32Array> {
  for (const piece of piecesOf(bytes, 4 * unit)) {
    const aligned = piece.byteOffset % 4 === 0 ? piece : piece.slice();
    yield new Float32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4);
  }
}

/** SHA-256 of bytes in pieces; others get their turn between two of them. */
export async function sha256OfPieces(bytes: ExampleBytes): Promise<string> {
  const hash = new Sha256();
  for (const piece of piecesOf(bytes, 1)) {
    hash.update(piece);
    await setImmediate();
  }
  return hash.hex();
}
