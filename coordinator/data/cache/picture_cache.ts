/**
 * Decoded pictures of earlier runs. A file of the cache belongs to the pictures' names, sizes and times, and to the
 * settings that they were read with; so pictures that changed are read again. Its SHA-256 is checked before it is used.
 */
import { isDeepStrictEqual } from "node:util";
import { sha256, sha256Aside } from "../../../common/sha256.ts";
import {
  type ExampleBytes,
  FileBytes,
  MOST_IN_MEMORY,
  sha256OfPieces,
  wholeBytes,
} from "../files/example_bytes.ts";
import type { Skipped } from "../skipped.ts";
import type { PictureCollection, Wanted } from "../pictures/collection.ts";
import { runsWithout, type Tones } from "./tones.ts";
import { type CacheDraft, DraftError } from "./cache_draft.ts";
import type { CacheFolder } from "./cache_folder.ts";

/** Raised whenever pictures are decoded to other tones than before. */
const DECODER = 1;
const MAGIC = "wagon pictures 1\n";
/** The mark, the length of the header, and its SHA-256. */
const BEGIN_BYTES = MAGIC.length + 4 + 32;
/** Longest description of a file's content. */
const MAX_HEADER_BYTES = 1 << 20;
/** Where the tones begin in a file whose header was written last. */
const TONES_AT = BEGIN_BYTES + MAX_HEADER_BYTES;

/** Pictures as examples, and what was found out about them. */
export interface CachedPictures {
  readonly shape: readonly number[];
  /** In the cache's file, if they are many. */
  readonly bytes: ExampleBytes;
  readonly skipped: readonly Skipped[];
  /** Indices among all names of those that were skipped, ascending. */
  readonly lost: readonly number[];
  /** Lines that were said of them. */
  readonly said: readonly string[];
}

interface Header extends Omit<CachedPictures, "bytes"> {
  readonly sha256: string;
  readonly num_bytes: number;
}

/** Name of the file for these pictures, read so; null where one of them is gone. */
export async function cacheKey(collection: PictureCollection, wanted: Wanted): Promise<string | null> {
  const { path, names } = collection;
  const real = await Deno.realPath(path).catch(() => null);
  if (real === null) return null;
  const lines = [JSON.stringify({ decoder: DECODER, real, ...wanted })];
  const known = new Map<string, string>();
  for (const [index, name] of names.entries()) {
    const file = collection.stampedFile(index);
    const stamp = known.get(file) ?? stampOf(file);
    if (stamp === null) return null;
    // Parts of an archive have its stamp.
    known.set(file, stamp);
    lines.push(`${JSON.stringify(name)} ${stamp}`);
  }
  return sha256(lines.join("\n"));
}

/** Size and times of a file; null where there is none. */
function stampOf(file: string): string | null {
  try {
    const { size, mtime, ctime } = Deno.statSync(file);
    return `${size} ${mtime?.getTime()} ${ctime?.getTime()}`;
  } catch {
    return null;
  }
}

/** What was cached under this name; null where there is nothing, or it is damaged. Of more bytes, they stay in the file. */
export async function cachedPictures(
  folder: CacheFolder,
  key: string,
  most_in_memory = MOST_IN_MEMORY,
): Promise<CachedPictures | null> {
  const file = await folder.open(key);
  if (file === null) return null;
  try {
    using opened = file;
    const found = await read(opened, folder.pathOf(key), most_in_memory);
    if (found === null) await folder.drop(key);
    return found;
  } catch {
    await folder.drop(key);
    return null;
  }
}

async function read(
  file: Deno.FsFile,
  path: string,
  most_in_memory: number,
): Promise<CachedPictures | null> {
  const { size } = await file.stat();
  const begin = await filled(file, new Uint8Array(BEGIN_BYTES));
  if (begin === null || new TextDecoder().decode(begin.subarray(0, MAGIC.length)) !== MAGIC) return null;
  const length = new DataView(begin.buffer).getUint32(MAGIC.length, true);
  if (length > MAX_HEADER_BYTES) return null;
  const text = await filled(file, new Uint8Array(length));
  if (text === null || !isDeepStrictEqual(begin.slice(MAGIC.length + 4), hashOf(text))) return null;
  const { sha256, num_bytes, shape, skipped, lost, said } = JSON.parse(
    new TextDecoder().decode(text),
  ) as Header;
  if (begin.length + length + num_bytes !== size) return null;
  if (num_bytes > most_in_memory) {
    const part = { begin: begin.length + length, length: num_bytes, is_own: true };
    const bytes = await FileBytes.open(path, part);
    return await sha256OfPieces(bytes) === sha256 ? { shape, bytes, skipped, lost, said } : null;
  }
  const bytes = await filled(file, new Uint8Array(num_bytes));
  if (bytes === null || await sha256Aside(bytes) !== sha256) return null;
  return { shape, bytes, skipped, lost, said };
}

function hashOf(header: Uint8Array<ArrayBuffer>): Uint8Array {
  return Uint8Array.fromHex(sha256(header));
}

async function filled(
  file: Deno.FsFile,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer> | null> {
  for (let at = 0; at < bytes.length;) {
    const count = await file.read(bytes.subarray(at));
    if (count === null) return null;
    at += count;
  }
  return bytes;
}

/** Keeps pictures that are in memory for later runs. */
export async function cachePictures(
  folder: CacheFolder,
  key: string,
  { bytes: kept, ...rest }: CachedPictures,
): Promise<void> {
  const bytes = wholeBytes(kept);
  const text = headerText({ ...rest, num_bytes: bytes.length, sha256: await sha256Aside(bytes) });
  if (text.length > MAX_HEADER_BYTES) return;
  await folder.write(key, [beginOf(text), text, bytes]);
}

/** Pictures that are decoded into a file of the cache, because they are too large for memory. */
export class PictureDraft implements AsyncDisposable, Tones {
  readonly #folder: CacheFolder;
  readonly #draft: CacheDraft;
  readonly #count: number;
  readonly #size: number;

  private constructor(folder: CacheFolder, draft: CacheDraft, count: number, size: number) {
    this.#folder = folder;
    this.#draft = draft;
    this.#count = count;
    this.#size = size;
  }

  /** For `count` pictures of `size` bytes; null where the cache cannot take them. */
  static async begin(
    folder: CacheFolder,
    key: string,
    count: number,
    size: number,
  ): Promise<PictureDraft | null> {
    const draft = await folder.draft(key, TONES_AT + count * size);
    return draft && new PictureDraft(folder, draft, count, size);
  }

  put(index: number, tones: Uint8Array): void {
    this.#draft.put(TONES_AT + index * this.#size, tones);
  }

  /** In the file. */
  async without(lost: readonly number[]): Promise<ExampleBytes> {
    const placeOf = (index: number) => TONES_AT + index * this.#size;
    for (const { to, begin, end } of runsWithout(lost, this.#count)) {
      this.#draft.move(placeOf(to), placeOf(begin), placeOf(end));
    }
    return await this.#draft.bytes(TONES_AT, placeOf(this.#count - lost.length));
  }

  /** For later runs, if that can be: it is no failure of this one. */
  async keep({ bytes, ...rest }: CachedPictures): Promise<void> {
    const text = headerText({ ...rest, num_bytes: bytes.length, sha256: await sha256OfPieces(bytes) });
    if (text.length > MAX_HEADER_BYTES) return;
    // Its length is known before the pictures are: JSON may end in spaces.
    const padded = new Uint8Array(MAX_HEADER_BYTES).fill(0x20);
    padded.set(text);
    try {
      this.#draft.put(0, beginOf(padded));
      this.#draft.put(BEGIN_BYTES, padded);
      await this.#folder.keep(this.#draft);
    } catch (error) {
      if (!(error instanceof DraftError)) throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#draft[Symbol.asyncDispose]();
  }
}

function headerText(header: Header): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(header));
}

function beginOf(text: Uint8Array<ArrayBuffer>): Uint8Array {
  const begin = new Uint8Array(BEGIN_BYTES);
  begin.set(hashOf(text), MAGIC.length + 4);
  begin.set(new TextEncoder().encode(MAGIC));
  new DataView(begin.buffer).setUint32(MAGIC.length, text.length, true);
  return begin;
}
