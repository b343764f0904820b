/** Messages about NumPy arrays that examples cannot be made of: what they are, and the line of Python that helps. */
import { significant } from "../../../common/significant.ts";
import { type Content, firstBytes } from "../files/content.ts";
import { refuse } from "../files/data_file.ts";
import { isNumeric } from "./elements.ts";
import type { NpyHeader } from "./npy_header.ts";

/** Bytes of an array that are looked at for its range of values. */
const LOOKED_AT_BYTES = 1 << 22;

/** Refuses an array of another type or shape. */
export async function refuseArray(content: Content, header: NpyHeader): Promise<never> {
  const { descr, shape } = header;
  const found = descr === null ? `records of several fields of [${shape}]` : `${descr} of [${shape}]`;
  return refuse(
    content.file,
    "images as uint8 of [N, rows, columns], [N, rows, columns, C] or [N, C, rows, columns], or numbers of [N, D] are " +
      `required, found ${await describe(content, header, found)}${adviceOnAxes(header)}`,
  );
}

/** Layouts that an array of so many axes may have. */
const LAYOUTS: Readonly<Record<number, string>> = {
  2: "--layout NC for columns or NT for series",
  3: "--layout NHW for images, or NTC or NCT for series",
  4: "--layout NHWC or NCHW for images",
  5: "--layout NDHWC or NCDHW for volumes",
};

/** Numbers may be kept as they are, if their axes are named. */
function adviceOnAxes(header: NpyHeader): string {
  const layouts = LAYOUTS[header.shape.length];
  return layouts === undefined || !isNumeric(header)
    ? ""
    : `; or keep the numbers: name the axes, ${layouts}`;
}

const save = (expression: string) => `numpy.save("x.npy", ${expression})`;

async function describe(content: Content, header: NpyHeader, found: string): Promise<string> {
  const { letter, shape } = header;
  const num_axes = shape.length;
  if (letter === "O") {
    return `${found}: pickled Python objects; save numbers instead: ` +
      `${save('numpy.stack(list(x)).astype("float32")')}` +
      ', or for images .astype("uint8")';
  }
  if (letter === "V") {
    return `${found}; save it as a plain array: ` +
      `${save('numpy.lib.recfunctions.structured_to_unstructured(x).astype("float32")')}`;
  }
  if ("SUaMm".includes(letter)) return `${found}, which are not numbers; save an array of numbers`;
  if (letter === "c") {
    return `${found}: complex numbers; save their parts: ${save("numpy.stack([x.real, x.imag], -1)")}`;
  }
  if (num_axes > 4) {
    return `${found}; reshape it to 2 to 4 axes, e.g. ${save("x.reshape(-1, *x.shape[-3:])")}`;
  }
  if (num_axes < 2) {
    return `${found}; give it an axis for examples, e.g. ${save("x.reshape(-1, D)")} for D numbers each`;
  }
  if (num_axes === 2) return `${found}; ${adviceOnRows(header)}`;
  return `${found}${await adviceOnImages(content, header)}`;
}

function adviceOnRows({ letter, item_bytes, shape }: NpyHeader): string {
  const side = Math.round(Math.sqrt(shape[1]!));
  const as_points = `as points ${save('x.astype("float32")')}`;
  if (side < 2 || side ** 2 !== shape[1] || !(letter === "u" && item_bytes === 1)) {
    return `save it ${as_points}`;
  }
  return `save it as images ${save(`x.reshape(-1, ${side}, ${side})`)}, or ${as_points}`;
}

/** Numbers of 3 or 4 axes are meant as images: their range says how they become bytes. */
async function adviceOnImages(
  content: Content,
  { descr, letter, item_bytes, begin }: NpyHeader,
): Promise<string> {
  if (letter === "b" || letter === "?") {
    return `: not bytes of 0 to 255; save them with: ${save('x.astype("uint8") * 255')}`;
  }
  const bytes = (await firstBytes(content, begin + LOOKED_AT_BYTES)).subarray(begin);
  const range = rangeOf(bytes, letter, item_bytes, descr!.startsWith(">"));
  if (range === null) return `; images have bytes of 0 to 255: scale them, and ${save('x.astype("uint8")')}`;
  const [min, max] = range;
  const expression = letter !== "f" && min >= 0 && max <= 255
    ? 'x.astype("uint8")'
    : min >= 0 && max <= 1
    ? '(x * 255).round().astype("uint8")'
    : min >= -1 && max <= 1
    ? '((x + 1) * 127.5).round().astype("uint8")'
    : min >= 0 && max <= 255
    ? 'x.round().astype("uint8")'
    : '((x - x.min()) / (x.max() - x.min()) * 255).round().astype("uint8")';
  return `, with values of ${significant(min, 4)} to ${significant(max, 4)}; images have bytes of 0 ` +
    `to 255: ${save(expression)}`;
}

/** Least and largest of the numbers at the beginning; null where there is none, or their type is an uncommon one. */
function rangeOf(
  bytes: Uint8Array,
  letter: string,
  item_bytes: number,
  big: boolean,
): readonly [number, number] | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const readers: Record<string, (at: number) => number> = {
    f2: (at) => view.getFloat16(at, !big),
    f4: (at) => view.getFloat32(at, !big),
    f8: (at) => view.getFloat64(at, !big),
    i1: (at) => view.getInt8(at),
    i2: (at) => view.getInt16(at, !big),
    i4: (at) => view.getInt32(at, !big),
    i8: (at) => Number(view.getBigInt64(at, !big)),
    u2: (at) => view.getUint16(at, !big),
    u4: (at) => view.getUint32(at, !big),
    u8: (at) => Number(view.getBigUint64(at, !big)),
  };
  const read = readers[`${letter}${item_bytes}`];
  if (read === undefined) return null;
  let [min, max] = [Infinity, -Infinity];
  for (let at = 0; at + item_bytes <= bytes.length; at += item_bytes) {
    const value = read(at);
    if (!Number.isFinite(value)) return null;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  return min <= max ? [min, max] : null;
}
