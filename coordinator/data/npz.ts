/** Parser of NumPy's NPZ files: ZIP archives of NPY files, stored or deflated (PKWARE APPNOTE 6.3; numpy.savez). */
import { inflateRawSync } from "node:zlib";
import { MAX_FILE_BYTES, refuse } from "./data_file.ts";
import { holdsExamples, type NpyArray, parseNpy } from "./npy.ts";

const END = { signature: 0x0605_4b50, bytes: 22 } as const;
const ENTRY = { signature: 0x0201_4b50, bytes: 46 } as const;
const LOCAL_BYTES = 30;
const STORED = 0;
const DEFLATED = 8;
/** Sizes of larger archives stand elsewhere (ZIP64). */
const LARGE = 0xffff_ffff;

export function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4;
}

/**
 * The array of this name in an archive; without a name, the only one that examples can be made of. Throws
 * {@linkcode UserError}, naming what is there, where it cannot be told.
 */
export function arrayOf(file: string, content: Uint8Array, name: string | null): NpyArray {
  const entries = entriesOf(file, content);
  const named = entries.filter((entry) => name === null || entry.name === name)
    .map(({ name, bytes }) => ({ name, array: parseNpy(`${file}#${name}`, bytes()) }));
  const chosen = name === null ? named.filter(({ array }) => holdsExamples(array)) : named;
  const [first] = chosen;
  if (first !== undefined && chosen.length === 1) return first.array;
  const found = (name === null && first !== undefined ? chosen : entries).map((entry) => entry.name).sort();
  const example = `name one of them, for example --data ${file}#${found[0]}`;
  if (name !== null) {
    refuse(file, `an array ${name} is required, found ${found.join(", ") || "none"}; ${example}`);
  }
  if (first === undefined) {
    refuse(
      file,
      `an array of 2 to 4 dimensions is required, found none among ${found.join(", ") || "none at all"}`,
    );
  }
  refuse(file, `one array of examples is required, found ${found.join(" and ")}; ${example}`);
}

interface Entry {
  /** Without `.npy`. */
  readonly name: string;
  readonly bytes: () => Uint8Array;
}

function entriesOf(file: string, content: Uint8Array): Entry[] {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const end = findEnd(view);
  if (end === null) refuse(file, "a whole NPZ file is required, found one that ends early; fetch it again");
  const entries: Entry[] = [];
  let at = view.getUint32(end + 16, true);
  for (let i = view.getUint16(end + 10, true); i > 0; i--) {
    if (at + ENTRY.bytes > content.length || view.getUint32(at, true) !== ENTRY.signature) {
      refuse(file, "a whole NPZ file is required, found a damaged one; fetch it again");
    }
    const [name_bytes, extra, comment] = [28, 30, 32].map((offset) => view.getUint16(at + offset, true)) as [
      number,
      number,
      number,
    ];
    const name = new TextDecoder().decode(content.subarray(at + ENTRY.bytes, at + ENTRY.bytes + name_bytes));
    const entry = at;
    if (name.endsWith(".npy")) {
      entries.push({ name: name.slice(0, -4), bytes: () => unpack(file, name, content, entry) });
    }
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

function unpack(file: string, name: string, content: Uint8Array, entry: number): Uint8Array {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const method = view.getUint16(entry + 10, true);
  const [packed_bytes, local] = [view.getUint32(entry + 20, true), view.getUint32(entry + 42, true)];
  if (packed_bytes === LARGE || local === LARGE || (method !== STORED && method !== DEFLATED)) {
    refuse(file, `arrays of up to 4 GB, stored or deflated, are required, found another kind in ${name}`);
  }
  const damaged = (): never =>
    refuse(file, `a whole array is required, found a damaged one in ${name}; fetch it again`);
  if (local + LOCAL_BYTES > content.length) damaged();
  const begin = local + LOCAL_BYTES + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
  const packed = content.subarray(begin, begin + packed_bytes);
  if (packed.length !== packed_bytes) damaged();
  if (method === STORED) return packed;
  try {
    return inflateRawSync(packed, { maxOutputLength: MAX_FILE_BYTES });
  } catch {
    return damaged();
  }
}
