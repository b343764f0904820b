/**
 * Parser of NumPy's NPY files (NEP 1; versions 1 to 3): images as uint8 of [N, rows, columns], [N, rows, columns, C]
 * or [N, C, rows, columns] with C of 1 or 3, points as float32 or float64 of [N, D].
 */
import { refuse } from "./data_file.ts";
import { type DataSet, dataSetOf } from "./data_set.ts";

/** An array as it lies in a file. */
export interface NpyArray {
  /** NumPy's type, e.g. "|u1" or "<f4". */
  readonly descr: string;
  readonly fortran: boolean;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

const MAGIC = [0x93, ...new TextEncoder().encode("NUMPY")];
/** Channels that are images' and not rows'. */
const CHANNELS: readonly number[] = [1, 3];

export function isNpy(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, i) => bytes[i] === byte);
}

/** Whether examples can be made of it: labels and scalars are no examples. */
export function holdsExamples({ shape }: NpyArray): boolean {
  return shape.length >= 2;
}

/** Reads the header. Throws {@linkcode UserError} where it is none, or the bytes are not as many as it says. */
export function parseNpy(file: string, content: Uint8Array): NpyArray {
  const [version] = content.subarray(6, 7);
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const length_bytes = version === 1 ? 2 : 4;
  const begin = 8 + length_bytes;
  if (!isNpy(content) || version === undefined || version < 1 || version > 3 || content.length < begin) {
    refuse(file, "an NPY file of version 1 to 3 is required, found something else; save it with numpy.save");
  }
  const end = begin + (length_bytes === 2 ? view.getUint16(8, true) : view.getUint32(8, true));
  const header = new TextDecoder().decode(content.subarray(begin, end));
  const descr = /'descr':\s*'([^']*)'/.exec(header)?.[1];
  const order = /'fortran_order':\s*(True|False)/.exec(header)?.[1];
  const shape = /'shape':\s*\(([\d,\s]*)\)/.exec(header)?.[1]?.split(",").map((s) => s.trim()).filter(Boolean)
    .map(Number);
  if (end > content.length || descr === undefined || order === undefined || shape === undefined) {
    refuse(
      file,
      "an NPY header with descr, fortran_order and shape of one plain type is required, found another",
    );
  }
  const bytes = content.subarray(end);
  const size = Number(/\d+$/.exec(descr)?.[0] ?? NaN) * shape.reduce((a, b) => a * b, 1);
  if (bytes.length !== size) {
    refuse(
      file,
      `${size} bytes are required for ${descr} of [${shape}], found ${bytes.length}; fetch it again`,
    );
  }
  return { descr, fortran: order === "True", shape, bytes };
}

/** The examples of an array. Throws {@linkcode UserError} for types and shapes that are none. */
export function examplesOf(file: string, name: string, array: NpyArray): DataSet {
  const { descr, shape } = array;
  if (shape.length === 0 || shape.some((extent) => extent === 0)) {
    refuse(file, `at least one example is required, found an array of [${shape}]`);
  }
  if (/^[|<>=]?u1$/.test(descr) && shape.length >= 3) return images(file, name, array);
  if (/^[<>=]f[48]$/.test(descr) && shape.length === 2) return points(file, name, array);
  refuse(
    file,
    "images as uint8 of [N, rows, columns], [N, rows, columns, C] or [N, C, rows, columns], or points as float32 " +
      `or float64 of [N, D] are required, found ${descr} of [${shape}]; convert it with NumPy's astype and reshape`,
  );
}

function images(file: string, name: string, array: NpyArray): DataSet {
  const { shape } = array;
  const bytes = inOrder(array, 1, new Uint8Array(array.bytes.length));
  const [count, a, b, c] = shape as [number, number, number, number];
  if (shape.length === 3) return dataSetOf(name, [a, b], "uint8", bytes);
  if (shape.length === 4 && CHANNELS.includes(c)) {
    return dataSetOf(name, c === 1 ? [a, b] : [c, a, b], "uint8", channelsFirst(bytes, count, a * b, c));
  }
  if (shape.length === 4 && CHANNELS.includes(a)) {
    return dataSetOf(name, a === 1 ? [b, c] : [a, b, c], "uint8", bytes);
  }
  refuse(file, `images of 1 or 3 channels, first or last, are required, found uint8 of [${shape}]`);
}

function channelsFirst(bytes: Uint8Array, count: number, pixels: number, channels: number) {
  const out = new Uint8Array(bytes.length);
  for (let n = 0, from = 0; n < count; n++) {
    for (let i = 0; i < pixels; i++) {
      for (let c = 0; c < channels; c++) out[(n * channels + c) * pixels + i] = bytes[from++]!;
    }
  }
  return out;
}

function points(file: string, name: string, array: NpyArray): DataSet {
  const { descr, shape } = array;
  const size = Number(descr.at(-1)), little = descr[0] !== ">";
  const bytes = inOrder(array, size, new Uint8Array(array.bytes.length));
  const view = new DataView(bytes.buffer);
  const values = new Float32Array(bytes.length / size);
  for (let i = 0; i < values.length; i++) {
    values[i] = size === 4 ? view.getFloat32(4 * i, little) : view.getFloat64(8 * i, little);
  }
  return pointsOf(file, name, shape[1]!, values);
}

/** Points as examples. Throws {@linkcode UserError} for fewer than two numbers each, and for what is no finite number. */
export function pointsOf(
  file: string,
  name: string,
  dimension: number,
  values: Float32Array<ArrayBuffer>,
): DataSet {
  if (dimension < 2) refuse(file, `points of at least 2 numbers are required, found ${dimension}`);
  const odd = values.findIndex((value) => !Number.isFinite(value));
  if (odd >= 0) {
    const at = `row ${Math.floor(odd / dimension) + 1}, column ${odd % dimension + 1}`;
    refuse(
      file,
      `finite numbers in the range of float32 are required, found ${values[odd]} in ${at}; leave it out`,
    );
  }
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => view.setFloat32(4 * i, value, true));
  return dataSetOf(name, [dimension], "float32", bytes);
}

/** Elements of `size` bytes in row-major order, copied into `out`. */
function inOrder({ bytes, shape, fortran }: NpyArray, size: number, out: Uint8Array<ArrayBuffer>) {
  if (!fortran) {
    out.set(bytes);
    return out;
  }
  const place = shape.map(() => 0);
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((a, b) => a * b, size));
  for (let to = 0; to < out.length; to += size) {
    const from = place.reduce((sum, at, axis) => sum + at * strides[axis]!, 0);
    out.set(bytes.subarray(from, from + size), to);
    for (let axis = shape.length - 1; axis >= 0 && ++place[axis]! === shape[axis]; axis--) place[axis] = 0;
  }
  return out;
}
