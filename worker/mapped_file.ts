/**
 * A file in the place of memory: what a graph or a kernel writes there lies in the file at once, without a copy.
 *
 * Reason: writing sums to a file took 6 % of a step (measured). Linux alone: elsewhere sums are written as they were.
 */
import { PAGE_BYTES } from "../wire/shared_ring.ts";

/** From fcntl.h and sys/mman.h. */
const READ_AND_WRITE = 2;
const PROT_READ_WRITE = 3;
const MAP_SHARED_FIXED = 0x01 | 0x10;

const LIBC = {
  getpagesize: { parameters: [], result: "i32" },
  open: { parameters: ["buffer", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  mmap: { parameters: ["pointer", "usize", "i32", "i32", "i32", "i64"], result: "pointer" },
} as const;

/** Whole pages of memory, and the place in a file, also a page's beginning, that is to take theirs. */
export interface MappedPart {
  readonly memory: Uint8Array<ArrayBuffer>;
  readonly offset: number;
}

/**
 * Puts parts of a file in the place of memory, for as long as there is that memory or until another file takes it. The
 * file must reach beyond them, and stay as long as it is. False where this cannot be done here: memory is of use then
 * as before, whatever it holds. Throws RangeError for a part that is not made of whole pages.
 */
export function mapFile(path: string, parts: readonly MappedPart[]): boolean {
  const addresses = parts.map(addressOf);
  const libc = openLibc();
  if (libc === null || libc.getpagesize() !== PAGE_BYTES) return false;
  const file = libc.open(new TextEncoder().encode(`${path}\0`), READ_AND_WRITE);
  if (file < 0) return false;
  try {
    return parts.every(({ memory, offset }, i) => {
      const bytes = BigInt(memory.length);
      const at = libc.mmap(addresses[i]!, bytes, PROT_READ_WRITE, MAP_SHARED_FIXED, file, BigInt(offset));
      return Deno.UnsafePointer.equals(at, addresses[i]!);
    });
  } finally {
    libc.close(file);
  }
}

/** Null where there is none of this name. It stays open, as it is for everything else in the process. */
function openLibc() {
  if (Deno.build.os !== "linux") return null;
  try {
    return Deno.dlopen("libc.so.6", LIBC).symbols;
  } catch {
    return null;
  }
}

function addressOf({ memory, offset }: MappedPart): Deno.PointerValue {
  const address = Deno.UnsafePointer.of(memory);
  const begin = Deno.UnsafePointer.value(address);
  const odd = [begin, BigInt(memory.length), BigInt(offset)].find((n) => n % BigInt(PAGE_BYTES) !== 0n);
  if (odd === undefined) return address;
  throw new RangeError(`A mapped part must be made of pages of ${PAGE_BYTES} bytes: found ${odd}`);
}
