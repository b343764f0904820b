/** TensorProto: constants as bytes. Written as raw_data, read from raw_data and from the typed fields. */
import { type BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { ElementType, Tensor, TensorData } from "./graph.ts";
import { formatShape } from "./dims.ts";
import { ENTRY } from "./fields.ts";
import { type Field, readMessage, unreadable } from "./message_reader.ts";
import { elementOfCode, ELEMENTS, tensorBytes } from "./tensor.ts";
import { numElements } from "../common/shape.ts";

/** Field numbers of TensorProto. */
const TENSOR = {
  dims: 1,
  data_type: 2,
  segment: 3,
  float_data: 4,
  int32_data: 5,
  string_data: 6,
  int64_data: 7,
  name: 8,
  raw_data: 9,
  double_data: 10,
  uint64_data: 11,
  external_data: 13,
  data_location: 14,
} as const;

/** Appends the fields of a TensorProto; the name is left out where it is empty. */
export function writeTensor(writer: BinaryWriter, tensor: Tensor, name = ""): void {
  for (const dim of tensor.shape) writer.tag(TENSOR.dims, WireType.Varint).int64(dim);
  writer.tag(TENSOR.data_type, WireType.Varint).int32(ELEMENTS[tensor.element].code);
  if (tensor.element === "string") {
    for (const item of tensor.data as readonly string[]) {
      writer.tag(TENSOR.string_data, WireType.LengthDelimited).string(item);
    }
  }
  if (name !== "") writer.tag(TENSOR.name, WireType.LengthDelimited).string(name);
  if (tensor.element !== "string") {
    writer.tag(TENSOR.raw_data, WireType.LengthDelimited).bytes(tensorBytes(tensor));
  }
}

/** Gives the bytes of a file beside the model, by the location that the model says. Throws UserError. */
export type ExternalData = (location: string) => Uint8Array;

/** Fields of a TensorProto, before they are checked. */
interface TensorFields {
  name: string;
  is_external: boolean;
  /** Position of data outside the model: location, offset, length. */
  readonly entries: Map<string, string>;
  code: number;
  readonly dims: bigint[];
  raw: Uint8Array | undefined;
  readonly floats: number[];
  readonly doubles: number[];
  readonly int32s: number[];
  readonly int64s: bigint[];
  readonly uint64s: bigint[];
  readonly strings: string[];
}

/**
 * Reads a TensorProto. `external`: where data in another file come from; without it they are refused. Throws UserError
 * for these, for unknown element types and for data that do not fit.
 */
export function readTensor(
  bytes: Uint8Array,
  external?: ExternalData,
): { readonly name: string; readonly tensor: Tensor } {
  const fields = readFields(bytes);
  if (fields.is_external) fields.raw = readExternal(fields, external);
  const what = `tensor "${fields.name}"`;
  const element = elementOfCode(fields.code);
  if (element === undefined) throw unreadable(`${what} has unknown element type code ${fields.code}`);
  const shape = fields.dims.map(Number);
  const size = numElements(shape);
  if (shape.some((dim) => dim < 0) || !Number.isSafeInteger(size)) {
    throw unreadable(
      `${what} must have sizes of 0 or more and fewer than 2^53 elements: found ${formatShape(shape)}`,
    );
  }
  const data = fields.raw ? fromRaw(fields.raw, element, size, what) : fromTyped(fields, element, size, what);
  if (element === "bool" && (data as Uint8Array).some((value) => value > 1)) {
    throw unreadable(`${what} must store booleans as 0 and 1`);
  }
  return { name: fields.name, tensor: { element, shape, data } };
}

function readFields(bytes: Uint8Array): TensorFields {
  const out: TensorFields = {
    name: "",
    is_external: false,
    entries: new Map(),
    code: 0,
    raw: undefined,
    dims: [],
    floats: [],
    doubles: [],
    int32s: [],
    int64s: [],
    uint64s: [],
    strings: [],
  };
  readMessage(bytes, "TensorProto", {
    [TENSOR.dims]: (field) => field.int64s(out.dims),
    [TENSOR.data_type]: (field) => out.code = field.int32(),
    [TENSOR.segment]: () => {
      throw unreadable(
        `tensor "${out.name}" is stored in segments, which wagon cannot read: export the model again`,
      );
    },
    [TENSOR.float_data]: (field) => field.floats(out.floats),
    [TENSOR.int32_data]: (field) => field.int32s(out.int32s),
    [TENSOR.string_data]: (field) => out.strings.push(field.text()),
    [TENSOR.int64_data]: (field) => field.int64s(out.int64s),
    [TENSOR.name]: (field) => out.name = field.text(),
    [TENSOR.raw_data]: (field) => out.raw = field.bytes(),
    [TENSOR.double_data]: (field) => field.doubles(out.doubles),
    [TENSOR.uint64_data]: (field) => field.uint64s(out.uint64s),
    [TENSOR.external_data]: (field) => {
      out.is_external = true;
      out.entries.set(...readEntry(field.bytes()));
    },
    [TENSOR.data_location]: (field: Field) => field.int32() === 0 || (out.is_external = true),
  });
  return out;
}

/** Reads a StringStringEntryProto. */
export function readEntry(bytes: Uint8Array): [key: string, value: string] {
  const out: [string, string] = ["", ""];
  readMessage(bytes, "StringStringEntryProto", {
    [ENTRY.key]: (field) => out[0] = field.text(),
    [ENTRY.value]: (field) => out[1] = field.text(),
  });
  return out;
}

/** The part of another file that holds the data: from `offset` (default 0), `length` bytes (default all that follow). */
function readExternal({ name, entries }: TensorFields, external: ExternalData | undefined): Uint8Array {
  if (external === undefined) {
    throw unreadable(`tensor "${name}" stores its data in another file: export the model as one file`);
  }
  const location = entries.get("location");
  if (!location) {
    throw unreadable(
      `tensor "${name}" stores its data in another file, and the model does not name this file`,
    );
  }
  const data = external(location);
  const number = (key: string, otherwise: number) => {
    const text = entries.get(key);
    return text === undefined ? otherwise : /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  };
  const offset = number("offset", 0), end = offset + number("length", data.length - offset);
  if (offset <= end && end <= data.length) return data.subarray(offset, end);
  throw unreadable(
    `tensor "${name}" must be within the ${data.length} bytes of the file ${location}: found offset ` +
      `${entries.get("offset") ?? 0} and length ${entries.get("length") ?? "none"}`,
  );
}

function fromRaw(raw: Uint8Array, element: ElementType, size: number, what: string): TensorData {
  const { array } = ELEMENTS[element];
  if (array === null) throw unreadable(`${what} must store strings in string_data: found raw_data`);
  const required = size * array.BYTES_PER_ELEMENT;
  if (raw.length !== required) {
    throw unreadable(`${what} must have ${required} bytes of raw_data: found ${raw.length}`);
  }
  // A copy: views into the file would rarely be aligned.
  return new array(new Uint8Array(raw).buffer);
}

/** The typed field in which each element type is kept. */
const TYPED_FIELD = {
  float32: "floats",
  float64: "doubles",
  int64: "int64s",
  uint64: "uint64s",
  uint32: "uint64s",
  string: "strings",
  bool: "int32s",
  float16: "int32s",
  bfloat16: "int32s",
  int8: "int32s",
  uint8: "int32s",
  int16: "int32s",
  uint16: "int32s",
  int32: "int32s",
} as const satisfies Record<ElementType, keyof TensorFields>;

function fromTyped(fields: TensorFields, element: ElementType, size: number, what: string): TensorData {
  const values: readonly (number | bigint | string)[] = fields[TYPED_FIELD[element]];
  if (values.length !== size) throw unreadable(`${what} must have ${size} elements: found ${values.length}`);
  const { array } = ELEMENTS[element];
  if (array === null) return fields.strings;
  const data = new array(size);
  if (data instanceof BigInt64Array) data.set(fields.int64s);
  else if (data instanceof BigUint64Array) data.set(fields.uint64s);
  else values.forEach((value, i) => data[i] = Number(value));
  const wrong = values.findIndex((value, i) => !Object.is(Number(value), Number(data[i])));
  if (wrong >= 0) throw unreadable(`${what} must contain values of type ${element}: found ${values[wrong]}`);
  return data;
}
