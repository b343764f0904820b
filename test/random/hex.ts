/** Numbers of a golden: the hexadecimal digits of their little-endian bytes. */
export const float64s = (hex: string): Float64Array => new Float64Array(Uint8Array.fromHex(hex).buffer);
export const uint32s = (hex: string): Uint32Array => new Uint32Array(Uint8Array.fromHex(hex).buffer);

/** The hexadecimal digits of an array's bytes. */
export const hexOf = (array: ArrayBufferView<ArrayBuffer>): string =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength).toHex();
