/** Reader of ZIP archives: files stored or deflated, up to 4 GB (PKWARE APPNOTE 6.3, without ZIP64). */
import { crc32, inflateRawSync } from "node:zlib";

const END = { signature: 0x0605_4b50, bytes: 22 } as const;
const ENTRY = { signature: 0x0201_4b50, bytes: 46 } as const;
const LOCAL_BYTES = 30;
const STORED = 0;
const DEFLATED = 8;
/** Sizes of larger archives stand elsewhere (ZIP64). */
const LARGE = 0xffff_ffff;

/** How an archive is spoken of. */
export interface Spoken {
  /** E.g. "NPZ file". */
  readonly kind: string;
  /** What a file in it is, e.g. "array". */
  readonly part: string;
  /** Throws, with the reason in it. */
  readonly refuse: (why: string) => never;
  /** Most bytes of a file that is unpacked. */
  readonly max_bytes: number;
}

/** A file in an archive. */
export interface ZipEntry {
  readonly name: string;
  /** Unpacks it. */
  readonly bytes: () => Uint8Array;
}

export function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4;
}

/** The files of an archive, in the order of its directory. Calls `refuse` where it is not whole. */
export function zipEntries(content: Uint8Array, spoken: Spoken): ZipEntry[] {
  const { kind, refuse } = spoken;
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const end = findEnd(view);
  if (end === null) return refuse(`a whole ${kind} is required, found one that ends early; fetch it again`);
  const entries: ZipEntry[] = [];
  let at = view.getUint32(end + 16, true);
  for (let i = view.getUint16(end + 10, true); i > 0; i--) {
    if (at + ENTRY.bytes > content.length || view.getUint32(at, true) !== ENTRY.signature) {
      return refuse(`a whole ${kind} is required, found a damaged one; fetch it again`);
    }
    const [name_bytes, extra, comment] = [28, 30, 32].map((offset) => view.getUint16(at + offset, true)) as [
      number,
      number,
      number,
    ];
    const name = new TextDecoder().decode(content.subarray(at + ENTRY.bytes, at + ENTRY.bytes + name_bytes));
    const entry = at;
    entries.push({ name, bytes: () => unpack(name, content, entry, spoken) });
    at += ENTRY.bytes + name_bytes + extra + comment;
  }
  return entries;
}

/** Where the record at the archive's end begins: it is followed by a comment of up to 65,535 bytes. */
function findEnd(view: DataView): number | null {
  const last = view.byteLength - END.bytes;
  for (let at = last; at >= 0 && at >= last - 0xffff; at--) {
    if (view.getUint32(at, true) === END.signature) return at;
  }
  return null;
}

function unpack(
  name: string,
  content: Uint8Array,
  entry: number,
  { part, refuse, max_bytes }: Spoken,
): Uint8Array {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const method = view.getUint16(entry + 10, true);
  const [packed_bytes, local] = [view.getUint32(entry + 20, true), view.getUint32(entry + 42, true)];
  if (packed_bytes === LARGE || local === LARGE || (method !== STORED && method !== DEFLATED)) {
    refuse(`${part}s of up to 4 GB, stored or deflated, are required, found another kind in ${name}`);
  }
  const damaged = (): never =>
    refuse(`a whole ${part} is required, found a damaged one in ${name}; fetch it again`);
  if (local + LOCAL_BYTES > content.length) damaged();
  const begin = local + LOCAL_BYTES + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
  const packed = content.subarray(begin, begin + packed_bytes);
  if (packed.length !== packed_bytes) damaged();
  const bytes = method === STORED ? packed : inflated(packed, max_bytes) ?? damaged();
  return crc32(bytes) === view.getUint32(entry + 16, true) ? bytes : damaged();
}

function inflated(packed: Uint8Array, max_bytes: number): Uint8Array | null {
  try {
    return inflateRawSync(packed, { maxOutputLength: max_bytes });
  } catch {
    return null;
  }
}
