/** Element types and constant tensors: codes, sizes, the array classes that hold them, and checks. */
import type { ElementType, Tensor, TensorData } from "./graph.ts";
import { GraphError } from "./graph_error.ts";
import { numElements } from "../common/shape.ts";

type NumericData = Exclude<TensorData, readonly string[]>;
type ArrayClass = {
  new (length: number): NumericData;
  new (buffer: ArrayBuffer): NumericData;
  readonly BYTES_PER_ELEMENT: number;
};

interface ElementInfo {
  /** TensorProto.DataType. */
  readonly code: number;
  /** Holds the data; null for strings. */
  readonly array: ArrayClass | null;
}

/** Every element type, in the order of its TensorProto.DataType code. */
export const ELEMENTS: Readonly<Record<ElementType, ElementInfo>> = {
  float32: { code: 1, array: Float32Array },
  uint8: { code: 2, array: Uint8Array },
  int8: { code: 3, array: Int8Array },
  uint16: { code: 4, array: Uint16Array },
  int16: { code: 5, array: Int16Array },
  int32: { code: 6, array: Int32Array },
  int64: { code: 7, array: BigInt64Array },
  string: { code: 8, array: null },
  bool: { code: 9, array: Uint8Array },
  float16: { code: 10, array: Uint16Array },
  float64: { code: 11, array: Float64Array },
  uint32: { code: 12, array: Uint32Array },
  uint64: { code: 13, array: BigUint64Array },
  bfloat16: { code: 16, array: Uint16Array },
};

/** Names of all element types. */
export const ELEMENT_TYPES = Object.keys(ELEMENTS) as readonly ElementType[];

/** TensorProto.DataType of an element type: what the attribute `to` of Cast takes. */
export function elementCode(element: ElementType): number {
  return ELEMENTS[element].code;
}

/** The element type with this TensorProto.DataType, undefined where it is none of ours. */
export function elementOfCode(code: number): ElementType | undefined {
  return ELEMENT_TYPES.find((element) => ELEMENTS[element].code === code);
}

/**
 * A constant from plain numbers, in row-major order: rounded to float32 where that is the element type.
 * Throws {@linkcode GraphError} for float16, bfloat16 and string, and where the count does not fit the shape.
 *
 * @example
 * ```ts
 * import { tensorOf } from "@wagon/wagon/onnx";
 *
 * const identity = tensorOf("float32", [2, 2], [1, 0, 0, 1]);
 * console.assert(identity.data instanceof Float32Array);
 * ```
 */
export function tensorOf(element: ElementType, shape: readonly number[], values: readonly number[]): Tensor {
  const { array } = ELEMENTS[element];
  if (array === null || element === "float16" || element === "bfloat16") {
    throw new GraphError(
      `Cannot make a ${element} tensor from numbers: make a Tensor object with its data instead`,
    );
  }
  const data = new array(values.length);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    values.forEach((value, i) => data[i] = BigInt(value));
  } else {
    data.set(values);
  }
  const tensor: Tensor = { element, shape, data };
  checkTensor(tensor);
  return tensor;
}

/** Throws {@linkcode GraphError} unless shape, element type and data fit together. `what` names it in the text. */
export function checkTensor(tensor: Tensor, what = "A tensor"): void {
  const { element, shape, data } = tensor;
  for (const dim of shape) {
    if (!Number.isSafeInteger(dim) || dim < 0) {
      throw new GraphError(`${what} must have sizes of 0 or more: found [${shape.join(",")}]`);
    }
  }
  const { array } = ELEMENTS[element];
  const fits = array === null ? Array.isArray(data) : data instanceof array;
  if (!fits) {
    throw new GraphError(
      `${what} of ${element} must have its data in ${array?.name ?? "an array of strings"}: ` +
        `found ${data.constructor.name}`,
    );
  }
  if (data.length !== numElements(shape)) {
    throw new GraphError(
      `${what} of shape [${shape.join(",")}] must have ${numElements(shape)} elements: found ${data.length}`,
    );
  }
}

/** The bytes of a tensor as they lie in memory (little-endian on every machine that runs JavaScript today). */
export function tensorBytes(tensor: Tensor): Uint8Array {
  if (!ArrayBuffer.isView(tensor.data)) throw new GraphError("Cannot take the bytes of a string tensor");
  return new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength);
}
