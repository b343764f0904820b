/** NumPy's file format, version 1.0 (numpy.lib.format): a header in Python's notation, then the numbers. */
import { numElements } from "../shape.ts";

/** Header and magic together end at a multiple of this. */
const ALIGNMENT = 64;

/** The bytes of a .npy file of float32 in C order. Throws RangeError where the shape is not that of the values. */
export function encodeNpy(values: Float32Array, shape: readonly number[]): Uint8Array<ArrayBuffer> {
  if (numElements(shape) !== values.length) {
    throw new RangeError(`An array of shape [${shape}] has another number of values: found ${values.length}`);
  }
  const tuple = `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
  const dictionary = `{'descr': '<f4', 'fortran_order': False, 'shape': ${tuple}, }`;
  const before = 10;
  const length = Math.ceil((before + dictionary.length + 1) / ALIGNMENT) * ALIGNMENT - before;
  const header = new TextEncoder().encode(dictionary.padEnd(length - 1) + "\n");
  const bytes = new Uint8Array(before + length + 4 * values.length);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  const view = new DataView(bytes.buffer);
  view.setUint16(8, length, true);
  bytes.set(header, before);
  values.forEach((value, i) => view.setFloat32(before + length + 4 * i, value, true));
  return bytes;
}
