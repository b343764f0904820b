/**
 * Parser of NumPy's NPY files: images as uint8 of [N, rows, columns], [N, rows, columns, C] or [N, C, rows, columns]
 * with C of 1 or 3, points as float32 or float64 of [N, D].
 */
import { type Content, readBehind } from "../files/content.ts";
import { refuse, requireRoom } from "../files/data_file.ts";
import { type DataSet, dataSetOf } from "../data_set.ts";
import { refuseArray } from "./npy_advice.ts";
import type { NpyHeader } from "./npy_header.ts";
import { numElements } from "../../../common/shape.ts";

/** An array as it is in a file. */
export interface NpyArray extends NpyHeader {
  readonly descr: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Channels that are images' and not rows'. */
const CHANNELS: readonly number[] = [1, 3];

/** True if examples may be made of it: labels, scalars, Python objects, records and texts are no examples. */
export function holdsExamples({ shape, letter }: NpyHeader): boolean {
  return shape.length >= 2 && !"OVSUMma".includes(letter);
}

/** The examples of an array. Throws {@linkcode UserError} for types and shapes that are none, and damaged files. */
export async function readExamples(content: Content, name: string, header: NpyHeader): Promise<DataSet> {
  const { file } = content;
  const { descr, shape } = header;
  if (shape.length === 0 || shape.some((extent) => extent === 0)) {
    refuse(file, `at least one example is required, found an array of [${shape}]`);
  }
  const is_images = /^[|<>=]?u1$/.test(descr ?? "") && shape.length >= 3;
  const is_points = /^[<>=]f[48]$/.test(descr ?? "") && shape.length === 2;
  if (!is_images && !is_points) return await refuseArray(content, header);
  const array: NpyArray = { ...header, descr: descr!, bytes: await readArray(content, header) };
  return is_images ? images(file, name, array) : points(file, name, array);
}

/** The bytes of an array of plain numbers. Throws {@linkcode UserError} where they are not as many as it says. */
async function readArray(content: Content, header: NpyHeader): Promise<Uint8Array<ArrayBuffer>> {
  const { descr, shape, item_bytes, begin } = header;
  const size = item_bytes * numElements(shape);
  const what = `${descr} of [${shape}]`;
  const fewer = Math.floor(2 ** 31 / (size / shape[0]!));
  requireRoom(
    content.file,
    size,
    what,
    fewer === 0 ? "make examples smaller" : `save fewer examples: numpy.save("x.npy", x[:${fewer}])`,
  );
  return await readBehind(content, begin, size, what);
}

function images(file: string, name: string, array: NpyArray): DataSet {
  const { shape } = array;
  const bytes = inOrder(array, 1);
  const [count, a, b, c] = shape as [number, number, number, number];
  if (shape.length === 3) return dataSetOf(name, [a, b], "uint8", bytes);
  if (shape.length === 4 && CHANNELS.includes(c)) {
    return dataSetOf(name, c === 1 ? [a, b] : [c, a, b], "uint8", channelsFirst(bytes, count, a * b, c));
  }
  if (shape.length === 4 && CHANNELS.includes(a)) {
    return dataSetOf(name, a === 1 ? [b, c] : [a, b, c], "uint8", bytes);
  }
  const part = shape.length > 4 ? "x.reshape(-1, *x.shape[-3:])" : a === 4 ? "x[:, :3]" : "x[..., :3]";
  const way = shape.length > 4 || a === 4 || c === 4
    ? `numpy.save("x.npy", ${part})`
    : "reshape it with NumPy's reshape";
  refuse(file, `images of 1 or 3 channels, first or last, are required, found uint8 of [${shape}]; ${way}`);
}

function channelsFirst(bytes: Uint8Array<ArrayBuffer>, count: number, pixels: number, channels: number) {
  if (channels === 1) return bytes;
  const out = new Uint8Array(bytes.length);
  for (let n = 0, from = 0; n < count; n++) {
    for (let i = 0; i < pixels; i++) {
      for (let c = 0; c < channels; c++) out[(n * channels + c) * pixels + i] = bytes[from++]!;
    }
  }
  return out;
}

function points(file: string, name: string, array: NpyArray): DataSet {
  const { descr, shape, item_bytes } = array;
  const little = descr[0] !== ">";
  const bytes = inOrder(array, item_bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // In place: a number is written at or before where it was read.
  const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / item_bytes);
  for (let i = 0; i < values.length; i++) {
    values[i] = item_bytes === 4 ? view.getFloat32(4 * i, little) : view.getFloat64(8 * i, little);
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
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) continue;
    const at = `row ${Math.floor(i / dimension) + 1}, column ${i % dimension + 1}`;
    refuse(
      file,
      `finite numbers in the range of float32 are required, found ${values[i]} in ${at}; remove that row`,
    );
  }
  const { buffer, byteOffset, byteLength } = values;
  return dataSetOf(name, [dimension], "float32", new Uint8Array(buffer, byteOffset, byteLength));
}

/** Elements of `size` bytes in row-major order: the array's own bytes where they are. */
function inOrder({ bytes, shape, fortran }: NpyArray, size: number): Uint8Array<ArrayBuffer> {
  if (!fortran) return bytes;
  const out = new Uint8Array(bytes.length);
  const place = shape.map(() => 0);
  const strides = shape.map((_, axis) => size * numElements(shape.slice(0, axis)));
  for (let to = 0; to < out.length; to += size) {
    const from = place.reduce((sum, at, axis) => sum + at * strides[axis]!, 0);
    for (let i = 0; i < size; i++) out[to + i] = bytes[from + i]!;
    for (let axis = shape.length - 1; axis >= 0 && ++place[axis]! === shape[axis]; axis--) place[axis] = 0;
  }
  return out;
}
