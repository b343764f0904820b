/**
 * Parser of NumPy's NPY files. Without --layout: images as uint8 of [N, rows, columns], [N, rows, columns, C] or
 * [N, C, rows, columns] with C of 1 or 3, and rows of numbers of any other type as [N, D]. With it: any numbers.
 */
import { numElements } from "../../../common/shape.ts";
import { type ExampleBytes, FileBytes, floatsIn, MOST_IN_MEMORY } from "../files/example_bytes.ts";
import { type Content, readBehind, requireSize } from "../files/content.ts";
import { refuse, requireRoom } from "../files/data_file.ts";
import { type DataSet, dataSetOf } from "../data_set.ts";
import { arrange, formOf, type Strided, stridesOf } from "./axes.ts";
import { elementsOf, isNumeric } from "./elements.ts";
import { refuseArray } from "./npy_advice.ts";
import type { NpyHeader } from "./npy_header.ts";

/** Channels that are images' and not rows'. */
const CHANNELS: readonly number[] = [1, 3];

/** True if examples may be made of it: labels, scalars, Python objects, records and texts are no examples. */
export function holdsExamples({ shape, letter }: NpyHeader): boolean {
  return shape.length >= 2 && !"OVSUMma".includes(letter);
}

/**
 * The examples of an array. `axes`: what --layout names; null: what they look like. Throws {@linkcode UserError} for
 * types and shapes that are none, and damaged files.
 */
export async function readExamples(
  content: Content,
  name: string,
  header: NpyHeader,
  axes: string | null = null,
): Promise<DataSet> {
  const { file } = content;
  const { descr, shape } = header;
  if (shape.length === 0 || shape.some((extent) => extent === 0)) {
    refuse(file, `at least one example is required, found an array of [${shape}]`);
  }
  const seen = axes ?? axesOf(file, header);
  if (seen === null || !isNumeric(header)) return await refuseArray(content, header);
  if (seen.length !== shape.length) {
    refuse(
      file,
      `an array of ${seen.length} axes is required for --layout ${seen}, found ${descr} of [${shape}]; name ` +
        `${shape.length} axes`,
    );
  }
  const stays = await leftInFile(content, name, header, seen);
  if (stays !== null) return axes === null ? withoutAxes(stays) : stays;
  const array = await readArray(content, header);
  const whole = seen.includes("N")
    ? array
    : { ...array, shape: [1, ...shape], strides: [0, ...array.strides] };
  const data = examplesOf(file, name, whole, seen.includes("N") ? seen : `N${seen}`, isByte(header));
  return axes === null ? withoutAxes(data) : data;
}

function withoutAxes({ axes: _seen, ...plain }: DataSet): DataSet {
  return plain;
}

/** An array that is too large for memory, and lies in its file as examples are kept; null: it is not, or does not. */
async function leftInFile(
  content: Content,
  name: string,
  header: NpyHeader,
  axes: string,
): Promise<DataSet | null> {
  const { shape, begin, fortran, letter, item_bytes, descr } = header;
  const size = item_bytes * numElements(shape), { file } = content;
  if (size <= MOST_IN_MEMORY || content.size === null || !axes.includes("N")) return null;
  const is_image = axes.includes("H") && axes.includes("W"), are_tones = is_image && isByte(header);
  const is_float32 = letter === "f" && item_bytes === 4 && !descr!.startsWith(">");
  const form = formOf(shape, stridesOf(shape, fortran), axes);
  if (!form.lies_so || !(are_tones || is_float32)) return null;
  requireSize(content, begin, size, `${descr} of [${shape}]`);
  const bytes = await FileBytes.open(file, { begin, length: size });
  if (are_tones) return { ...dataSetOf(name, form.example_shape, "uint8", bytes), axes: form.axes };
  return { ...numbersOf(file, name, form.example_shape, bytes, is_image), axes: form.axes };
}

function isByte({ letter, item_bytes }: Pick<NpyHeader, "letter" | "item_bytes">): boolean {
  return letter === "u" && item_bytes === 1;
}

/** The axes that an array shows by itself; null where it may be several things. */
function axesOf(file: string, header: NpyHeader): string | null {
  const { shape, letter, descr } = header;
  if (shape.length === 2 && !isByte(header) && letter !== "b") return "NC";
  if (!isByte(header) || shape.length < 3) return null;
  const [, a, , c] = shape as [number, number, number, number];
  if (shape.length === 3) return "NHW";
  if (shape.length === 4 && CHANNELS.includes(c)) return "NHWC";
  if (shape.length === 4 && CHANNELS.includes(a)) return "NCHW";
  const part = shape.length > 4 ? "x.reshape(-1, *x.shape[-3:])" : a === 4 ? "x[:, :3]" : "x[..., :3]";
  const way = shape.length > 4 || a === 4 || c === 4
    ? `numpy.save("x.npy", ${part})`
    : "reshape it with NumPy's reshape";
  return refuse(
    file,
    `images of 1 or 3 channels, first or last, are required, found ${descr === "|u1" ? "uint8" : descr} of ` +
      `[${shape}]; ${way}, or name its axes with --layout`,
  );
}

/** The elements of an array of plain numbers. Throws {@linkcode UserError} where they are not as many as it says. */
async function readArray(content: Content, header: NpyHeader): Promise<Strided> {
  const { descr, shape, letter, item_bytes, begin, fortran } = header;
  const size = item_bytes * numElements(shape);
  const what = `${descr} of [${shape}]`;
  // Numbers of other types become float32.
  const held = Math.max(size, isByte(header) ? 0 : 4 * numElements(shape));
  const fewer = Math.floor(2 ** 31 / (held / shape[0]!));
  requireRoom(
    content.file,
    held,
    what,
    fewer === 0 ? "make examples smaller" : `save fewer examples: numpy.save("x.npy", x[:${fewer}])`,
  );
  const bytes = await readBehind(content, begin, size, what);
  const elements = elementsOf(bytes, { letter, item_bytes, is_big_endian: descr!.startsWith(">") });
  return { elements, shape, strides: stridesOf(shape, fortran) };
}

/**
 * Examples of an array of these axes, N among them. `bytes_are_tones`: bytes with rows and columns are images. Throws
 * {@linkcode UserError} for what is no finite number, and for single numbers.
 */
export function examplesOf(
  file: string,
  name: string,
  array: Strided,
  axes: string,
  bytes_are_tones: boolean,
): DataSet {
  const is_image = axes.includes("H") && axes.includes("W");
  if (is_image && bytes_are_tones) {
    const { values, ...form } = arrange(array, axes, Uint8Array);
    return { ...dataSetOf(name, form.example_shape, "uint8", values), axes: form.axes };
  }
  const { values, ...form } = arrange(array, axes, Float32Array);
  return { ...numbersOf(file, name, form.example_shape, bytesOf(values), is_image), axes: form.axes };
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Points as examples. Throws {@linkcode UserError} for fewer than two numbers each, and for what is no finite number. */
export function pointsOf(
  file: string,
  name: string,
  dimension: number,
  values: Float32Array<ArrayBuffer>,
): DataSet {
  return numbersOf(file, name, [dimension], bytesOf(values), false);
}

function numbersOf(
  file: string,
  name: string,
  example_shape: readonly number[],
  bytes: ExampleBytes,
  is_image: boolean,
): DataSet {
  const size = numElements(example_shape);
  if (size < 2) refuse(file, `points of at least 2 numbers are required, found ${size}`);
  let low = Infinity, high = -Infinity, before = 0;
  for (const values of floatsIn(bytes)) {
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (!Number.isFinite(value)) refuse(file, notFinite(value, before + i, example_shape));
      if (value < low) low = value;
      if (value > high) high = value;
    }
    before += values.length;
  }
  const data = dataSetOf(name, example_shape, "float32", bytes);
  return is_image ? { ...data, value_range: low < high ? [low, high] : [low, low + 1] } : data;
}

function notFinite(value: number, index: number, example_shape: readonly number[]): string {
  const size = numElements(example_shape);
  const row = Math.floor(index / size) + 1;
  const at = example_shape.length === 1 ? `row ${row}, column ${index % size + 1}` : `example ${row}`;
  const remove = example_shape.length === 1 ? "remove that row" : "remove that example";
  return `finite numbers in the range of float32 are required, found ${value} in ${at}; ${remove}`;
}
