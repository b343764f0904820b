/** Headers of NumPy's NPY files (NEP 1; versions 1 to 3), as NumPy of Python 2 and 3 writes them. */
import { type Content, firstBytes } from "../files/content.ts";
import { refuse } from "../files/data_file.ts";

export interface NpyHeader {
  /** NumPy's type, e.g. "|u1" or "<f4"; null: a record of several fields. */
  readonly descr: string | null;
  /** The type's letter, e.g. "f"; "V" for records. */
  readonly letter: string;
  /** Bytes of an element; 0 for Python objects and records, which are not read. */
  readonly item_bytes: number;
  readonly fortran: boolean;
  readonly shape: readonly number[];
  /** Bytes of the header. */
  readonly begin: number;
}

const MAGIC = [0x93, ...new TextEncoder().encode("NUMPY")];
/** Longest header that is read: one of a plain type has 128 bytes. */
const MAX_HEADER_BYTES = 1 << 20;

export function isNpy(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, i) => bytes[i] === byte);
}

/** Reads the header. Throws {@linkcode UserError} where it is none. */
export async function readNpyHeader(content: Content): Promise<NpyHeader> {
  const { file, head } = content;
  const version = head[6] ?? 0;
  const length_bytes = version === 1 ? 2 : 4;
  const text_at = 8 + length_bytes;
  if (!isNpy(head) || version < 1 || version > 3 || head.length < text_at) {
    refuse(file, "an NPY file of version 1 to 3 is required, found other content; save it with numpy.save");
  }
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const begin = text_at + (length_bytes === 2 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (begin > MAX_HEADER_BYTES) {
    refuse(
      file,
      `an NPY header of at most ${MAX_HEADER_BYTES} bytes is required, found ${begin}; download it again`,
    );
  }
  const whole = begin <= head.length ? head.subarray(0, begin) : await firstBytes(content, begin);
  if (whole.length < begin) {
    refuse(
      file,
      `a whole NPY header of ${begin} bytes is required, found ${whole.length}; download it again`,
    );
  }
  const header = parseHeader(new TextDecoder().decode(whole.subarray(text_at)));
  if (header) return { ...header, begin };
  refuse(
    file,
    "an NPY header with descr, fortran_order and shape is required, found another; download it again",
  );
}

/** null where something is missing. Python 2 writes its long numbers with an L, and may put a u before texts. */
function parseHeader(text: string): Omit<NpyHeader, "begin"> | null {
  const key = (name: string) => `[ub]?["']${name}["']\\s*:\\s*`;
  const descr = new RegExp(`${key("descr")}(?:[ub]?(["'])(.*?)\\1|([[(]))`).exec(text);
  const order = new RegExp(`${key("fortran_order")}(True|False)`).exec(text)?.[1];
  const shape = new RegExp(`${key("shape")}\\(([\\dL,\\s]*)\\)`).exec(text)?.[1];
  if (!descr || order === undefined || shape === undefined) return null;
  const extents = shape.split(",").map((extent) => extent.trim().replace(/L$/, "")).filter(Boolean).map(
    Number,
  );
  if (!extents.every(Number.isSafeInteger)) return null;
  const fortran = order === "True";
  if (descr[3] !== undefined) return { descr: null, letter: "V", item_bytes: 0, fortran, shape: extents };
  const [, letter, size] = /^[|<>=]?([a-zA-Z?])(\d*)(?:\[[\w\d]*\])?$/.exec(descr[2]!) ?? [];
  if (letter === undefined) return null;
  const item_bytes = letter === "O" || letter === "V" ? 0 : Number(size) * (letter === "U" ? 4 : 1);
  return { descr: descr[2]!, letter, item_bytes, fortran, shape: extents };
}
