/** Single files of a ZIP archive, read at once: for threads that know where they lie. */
import { crc32, inflateRawSync } from "node:zlib";
import type { RegularFile } from "./regular_file.ts";
import type { ZipPlace } from "./zip.ts";

const LOCAL_BYTES = 30;
const LOCAL_SIGNATURE = 0x0403_4b50;
const STORED = 0, DEFLATED = 8, ENCRYPTED = 1;

/** Throws Error with the reason where the file is encrypted, packed in another way or damaged. */
export function readZipPart(archive: RegularFile, place: ZipPlace): Uint8Array<ArrayBuffer> {
  const { flags, method, crc, packed, size, local } = place;
  if ((flags & ENCRYPTED) !== 0) throw new Error("an encrypted file");
  if (method !== STORED && method !== DEFLATED) {
    throw new Error(`a file that is neither stored nor deflated (method ${method})`);
  }
  const header = new Uint8Array(LOCAL_BYTES), view = new DataView(header.buffer);
  if (archive.fillSync(header, local) < LOCAL_BYTES || view.getUint32(0, true) !== LOCAL_SIGNATURE) damaged();
  const begin = local + LOCAL_BYTES + view.getUint16(26, true) + view.getUint16(28, true);
  if (begin + packed > archive.size) damaged();
  const bytes = new Uint8Array(packed);
  if (archive.fillSync(bytes, begin) < packed) damaged();
  const content = method === STORED ? bytes : inflated(bytes, size);
  if (content.length !== size || crc32(content) !== crc) damaged();
  return content;
}

function inflated(packed: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, size) }) as Uint8Array<ArrayBuffer>;
  } catch {
    return damaged();
  }
}

function damaged(): never {
  throw new Error("a damaged part of the archive");
}
