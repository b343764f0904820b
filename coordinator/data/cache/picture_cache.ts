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
import type { CacheFolder } from "./cache_folder.ts";

/** Raised whenever pictures are decoded to other tones than before. */
const DECODER = 1;
const MAGIC = "wagon pictures 1\n";
/** The mark, the length of the header, and its SHA-256. */
const BEGIN_BYTES = MAGIC.length + 4 + 32;
/** Longest description of a file's content. */
const MAX_HEADER_BYTES = 1 << 20;

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

/** What was cached under this name; null where there is nothing, or it is damaged. */
export async function cachedPictures(folder: CacheFolder, key: string): Promise<CachedPictures | null> {
  const file = await folder.open(key);
  if (file === null) return null;
  try {
    using opened = file;
    const found = await read(opened, folder.pathOf(key));
    if (found === null) await folder.drop(key);
    return found;
  } catch {
    await folder.drop(key);
    return null;
  }
}

async function read(file: Deno.FsFile, path: string): Promise<CachedPictures | null> {
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
  if (num_bytes > MOST_IN_MEMORY) {
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

/** Keeps pictures for later runs. */
export async function cachePictures(
  folder: CacheFolder,
  key: string,
  pictures: CachedPictures,
): Promise<void> {
  const { bytes: kept, ...rest } = pictures, bytes = wholeBytes(kept);
  const header: Header = { ...rest, num_bytes: bytes.length, sha256: await sha256Aside(bytes) };
  const text = new TextEncoder().encode(JSON.stringify(header));
  if (text.length > MAX_HEADER_BYTES) return;
  const begin = new Uint8Array(BEGIN_BYTES);
  begin.set(hashOf(text), MAGIC.length + 4);
  begin.set(new TextEncoder().encode(MAGIC));
  new DataView(begin.buffer).setUint32(MAGIC.length, text.length, true);
  await folder.write(key, [begin, text, bytes]);
}
