/** Elements of an array of numbers, whatever their type and byte order. */

type TypedArray =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float16Array
  | Float32Array
  | Float64Array;

/** NumPy's types by their letter and size, and the arrays that hold them. */
const TYPES = {
  b1: Uint8Array,
  u1: Uint8Array,
  i1: Int8Array,
  u2: Uint16Array,
  i2: Int16Array,
  u4: Uint32Array,
  i4: Int32Array,
  f2: Float16Array,
  f4: Float32Array,
  f8: Float64Array,
} as const;
const LONG_TYPES = { i8: BigInt64Array, u8: BigUint64Array } as const;

/** Type of an array: NumPy's descr, e.g. "<f4". */
export interface ElementType {
  readonly letter: string;
  readonly item_bytes: number;
  readonly is_big_endian: boolean;
}

/** True if arrays of this type are read as numbers. */
export function isNumeric({ letter, item_bytes }: Pick<ElementType, "letter" | "item_bytes">): boolean {
  const type = `${letter}${item_bytes}`;
  return type in TYPES || type in LONG_TYPES;
}

/**
 * The numbers in these bytes, which may be changed. Whole numbers of 64 bits become float64. Throws RangeError for a
 * type that {@linkcode isNumeric} does not know.
 */
export function elementsOf(
  bytes: Uint8Array<ArrayBuffer>,
  { letter, item_bytes, is_big_endian }: ElementType,
): TypedArray {
  const type = `${letter}${item_bytes}`;
  if (is_big_endian) swapBytes(bytes, item_bytes);
  const aligned = bytes.byteOffset % item_bytes === 0 ? bytes : bytes.slice();
  const view = [aligned.buffer, aligned.byteOffset, aligned.byteLength / item_bytes] as const;
  if (type in LONG_TYPES) {
    const long = new LONG_TYPES[type as keyof typeof LONG_TYPES](...view);
    const values = new Float64Array(long.length);
    for (let i = 0; i < values.length; i++) values[i] = Number(long[i]);
    return values;
  }
  const Type = TYPES[type as keyof typeof TYPES];
  if (Type === undefined) throw new RangeError(`Elements must be numbers: found the type ${type}`);
  return new Type(...view);
}

function swapBytes(bytes: Uint8Array, item_bytes: number): void {
  for (let at = 0; at + item_bytes <= bytes.length; at += item_bytes) {
    bytes.subarray(at, at + item_bytes).reverse();
  }
}
