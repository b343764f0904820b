/** Reader of tar archives: ustar, GNU's long names and pax headers (POSIX.1-2017, pax). */
import type { ByteSource } from "./regular_file.ts";

const BLOCK_BYTES = 512;
/** Longest header of names and sizes that do not fit. */
const MAX_LONG_BYTES = 1 << 16;
const REGULAR = ["0", "\0", "7"];
const LONG_NAME = "L", PAX = "x", PAX_GLOBAL = "g", LONG_LINK = "K";

/** A regular file in an archive. */
export interface TarEntry {
  readonly name: string;
  readonly at: number;
  readonly size: number;
}

/** True if the first header is whole. */
export function isSoundTar(head: Uint8Array): boolean {
  return head.length >= BLOCK_BYTES && isSound(head);
}

/** True if bytes begin as an archive does: marked as ustar, or with a first header whose sum is right. */
export function isTar(head: Uint8Array): boolean {
  if (head.length < BLOCK_BYTES) return false;
  return latin(head, 257, 5) === "ustar" || (head[0] !== 0 && isSound(head));
}

/** The regular files of an archive, in their order. Calls `damaged` where a header is, or the archive ends early. */
export async function* tarEntries(source: ByteSource, damaged: () => never): AsyncGenerator<TarEntry> {
  let long: { name?: string | undefined; size?: number | undefined } = {};
  for (let at = 0; at + BLOCK_BYTES <= source.size;) {
    const head = await source.read(at, BLOCK_BYTES);
    at += BLOCK_BYTES;
    if (head.every((byte) => byte === 0)) return;
    if (!isSound(head)) damaged();
    const type = latin(head, 156, 1), size = long.size ?? numberIn(head, 124, 12);
    if (!Number.isSafeInteger(size) || size < 0 || at + size > source.size) damaged();
    if (type === LONG_NAME || type === PAX || type === PAX_GLOBAL || type === LONG_LINK) {
      if (size > MAX_LONG_BYTES) damaged();
      const content = await source.read(at, size);
      if (type === LONG_NAME) long.name = new TextDecoder().decode(content).replace(/\0.*$/s, "");
      if (type === PAX) long = { ...long, ...paxFields(content) };
    } else {
      if (REGULAR.includes(type)) yield { name: long.name ?? nameIn(head), at, size };
      long = {};
    }
    at += Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES;
  }
  // Blocks of zeros end an archive.
  damaged();
}

function latin(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}

function nameIn(head: Uint8Array): string {
  const text = (at: number, length: number) => {
    const part = head.subarray(at, at + length), end = part.indexOf(0);
    return new TextDecoder().decode(end < 0 ? part : part.subarray(0, end));
  };
  const prefix = latin(head, 257, 6) === "ustar\0" ? text(345, 155) : "";
  return prefix === "" ? text(0, 100) : `${prefix}/${text(0, 100)}`;
}

/** Octal digits; or, after a byte of 0x80, a whole number of the bytes that follow. */
function numberIn(head: Uint8Array, at: number, length: number): number {
  const bytes = head.subarray(at, at + length);
  if (bytes[0] === 0x80) return bytes.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0);
  return parseInt(latin(bytes, 0, length).replaceAll("\0", " "), 8) || 0;
}

/** The sum of the header's bytes, with blanks in place of the sum itself. */
function isSound(head: Uint8Array): boolean {
  const header = head.subarray(0, BLOCK_BYTES);
  return header.reduce((sum, byte, i) => sum + (i >= 148 && i < 156 ? 32 : byte), 0) ===
    numberIn(head, 148, 8);
}

/** Records "LENGTH KEY=VALUE\n". */
function paxFields(content: Uint8Array): { name?: string; size?: number } {
  const fields: { name?: string; size?: number } = {};
  for (let at = 0; at < content.length;) {
    const length = parseInt(latin(content, at, 10), 10);
    if (!(length > 3)) break;
    const [, key, value] =
      /^\d+ ([^=]+)=(.*?)\n?$/s.exec(new TextDecoder().decode(content.subarray(at, at + length))) ?? [];
    if (key === "path") fields.name = value!;
    if (key === "size") fields.size = Number(value);
    at += length;
  }
  return fields;
}
