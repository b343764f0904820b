/** NumPy's files for tests, byte by byte. */

export interface NpyOptions {
  readonly version?: 1 | 2 | 3;
  readonly fortran?: boolean;
  /** The whole text of the header. */
  readonly header?: string;
}

/** An NPY file. */
export function npyOf(
  descr: string,
  shape: readonly number[],
  data: Uint8Array,
  { version = 1, fortran = false, header }: NpyOptions = {},
): Uint8Array<ArrayBuffer> {
  const extents = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const order = fortran ? "True" : "False";
  const text = new TextEncoder().encode(
    header ?? `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${extents}), }\n`,
  );
  const length = version === 1
    ? [text.length & 255, text.length >> 8]
    : [text.length & 255, text.length >> 8, 0, 0];
  const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0];
  const out = new Uint8Array(magic.length + length.length + text.length + data.length);
  out.set([...magic, ...length, ...text]);
  out.set(data, out.length - data.length);
  return out;
}
