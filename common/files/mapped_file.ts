/**
 * A file in the place of memory: what is written to either is in both at once, without a copy.
 *
 * Reason: of a step's 6.5 ms, copying weights and sums to and from files took a fifth (measured), and copies crowd
 * each other out of the processor's caches. Where there is no {@linkcode openLibc}, files are written and read.
 */
import { type Library, openLibc } from "../process/libc.ts";

/** Unit of mapped memory, wherever {@linkcode mapFile} works. */
export const PAGE_BYTES = 4096;

/** From fcntl.h and sys/mman.h. */
const OPEN_TO_READ = 0;
const OPEN_TO_WRITE = 2;
const SEEK_TO_END = 2;
const PROT_READ_WRITE = 3;
const MAP_SHARED = 0x01;
const MAP_PRIVATE = 0x02;
const MAP_FIXED = 0x10;

/**
 * File systems (linux/magic.h: ext2 to ext4, XFS, tmpfs, overlays on them) on which a written page keeps its place. On
 * those that copy on write a full disk would end the process in the middle of a sum.
 */
const KEEPS_PLACE: ReadonlySet<bigint> = new Set([0xef53n, 0x58465342n, 0x01021994n, 0x794c7630n]);
const STATFS_BYTES = 120;

const LIBC = {
  getpagesize: { parameters: [], result: "i32" },
  statfs: { parameters: ["buffer", "buffer"], result: "i32" },
  open: { parameters: ["buffer", "i32"], result: "i32" },
  lseek: { parameters: ["i32", "i64", "i32"], result: "i64" },
  close: { parameters: ["i32"], result: "i32" },
  mmap: { parameters: ["pointer", "usize", "i32", "i32", "i32", "i64"], result: "pointer" },
} as const;

/** Whole pages of memory, and the place in a file, also a page's beginning, that is to take theirs. */
export interface MappedPart {
  readonly memory: Uint8Array<ArrayBuffer>;
  readonly offset: number;
}

/**
 * "write": what is written to the memory goes to the file. "read": what others write to the file is in the memory; what
 * is written to the memory stays there.
 */
export type Mapping = "read" | "write";

/** Bytes of the pages that so many bytes take. */
export function pagesFor(bytes: number): number {
  return Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;
}

/** The pages that a buffer lies in. It must begin with a page and have the last one to itself. */
export function wholePages(view: Float32Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return new Uint8Array(view.buffer, view.byteOffset, pagesFor(view.byteLength));
}

/**
 * Puts parts of a file in the place of memory, for as long as there is that memory or until another file takes it. The
 * file must stay as long as it is. False where this cannot be done here: memory is of use then as before, whatever it
 * holds. Throws RangeError for a part that is not made of whole pages.
 */
export function mapFile(path: string, parts: readonly MappedPart[], mapping: Mapping): boolean {
  using library = openLibc(LIBC);
  if (library === null || library.symbols.getpagesize() !== PAGE_BYTES) return false;
  const libc = library.symbols;
  const addresses = parts.map(addressOf);
  const name = new TextEncoder().encode(`${path}\0`);
  if (mapping === "write" && !keepsPlace(libc, name)) return false;
  const file = libc.open(name, mapping === "write" ? OPEN_TO_WRITE : OPEN_TO_READ);
  if (file < 0) return false;
  try {
    // What lies behind the end of a file ends the process that looks at it.
    const end = libc.lseek(file, 0n, SEEK_TO_END);
    if (parts.some(({ memory, offset }) => BigInt(offset + memory.length) > end)) return false;
    const flags = MAP_FIXED | (mapping === "write" ? MAP_SHARED : MAP_PRIVATE);
    return parts.every(({ memory, offset }, i) => {
      const bytes = BigInt(memory.length);
      const at = libc.mmap(addresses[i]!, bytes, PROT_READ_WRITE, flags, file, BigInt(offset));
      return Deno.UnsafePointer.equals(at, addresses[i]!);
    });
  } finally {
    libc.close(file);
  }
}

/** True if there is a chance that {@linkcode mapFile} can do anything. */
export function canMap(): boolean {
  using library = openLibc(LIBC);
  return library !== null;
}

type Libc = Library<typeof LIBC>["symbols"];

function keepsPlace(libc: Libc, name: Uint8Array<ArrayBuffer>): boolean {
  const found = new Uint8Array(STATFS_BYTES);
  if (libc.statfs(name, found) !== 0) return false;
  return KEEPS_PLACE.has(new DataView(found.buffer).getBigInt64(0, true));
}

function addressOf({ memory, offset }: MappedPart): Deno.PointerValue {
  const address = Deno.UnsafePointer.of(memory);
  const begin = Deno.UnsafePointer.value(address);
  const odd = [begin, BigInt(memory.length), BigInt(offset)].find((n) => n % BigInt(PAGE_BYTES) !== 0n);
  if (odd === undefined) return address;
  throw new RangeError(`A mapped part must be made of pages of ${PAGE_BYTES} bytes: found ${odd}`);
}
