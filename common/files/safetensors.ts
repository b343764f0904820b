/**
 * The safetensors format: named tensors in one file, without code in it.
 * Source: https://github.com/huggingface/safetensors, "Format".
 *
 *   u64 LE  H, bytes of the header (at most 100 MB)
 *   H bytes JSON: { "__metadata__": { text: text }, name: { dtype, shape, data_offsets: [begin, end] } }, padded
 *           with spaces
 *   rest    the data; offsets count from here, tensors lie there without gaps or overlaps, little-endian
 *
 * Files written here begin their data at a multiple of 8 and hold wider types first, so every tensor is aligned.
 */
import { numElements } from "../shape.ts";

/** Types of a tensor's data. */
export type SafetensorsData = Float32Array | Float64Array | BigInt64Array | Uint8Array;

export interface SafetensorsTensor {
  readonly shape: readonly number[];
  readonly data: SafetensorsData;
}

export interface Safetensors {
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
  /** Free text by key. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** A file that is not what the format says. The text is one line: what was required and what was found. */
export class SafetensorsError extends Error {
  override name = "SafetensorsError";
}

/** Longest header, as in the reference implementation. */
const MAX_HEADER_BYTES = 100_000_000;
const METADATA = "__metadata__";

const DTYPES = {
  F64: { bytes: 8, make: (buffer: ArrayBuffer) => new Float64Array(buffer) },
  I64: { bytes: 8, make: (buffer: ArrayBuffer) => new BigInt64Array(buffer) },
  F32: { bytes: 4, make: (buffer: ArrayBuffer) => new Float32Array(buffer) },
  U8: { bytes: 1, make: (buffer: ArrayBuffer) => new Uint8Array(buffer) },
};
type Dtype = keyof typeof DTYPES;

interface Entry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/**
 * Writes tensors. Those of wider types come first, otherwise in the order given; the same input gives the same
 * bytes.
 * @throws {SafetensorsError} where a shape does not agree with its data, or a tensor is called `__metadata__`.
 */
export function encodeSafetensors(file: Safetensors): Uint8Array<ArrayBuffer> {
  const tensors = [...file.tensors].sort(([, a], [, b]) =>
    b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT
  );
  const entries = placeTensors(tensors);
  const header = encodeHeader(entries, file.metadata);
  const data_bytes = entries.at(-1)?.end ?? 0;
  const bytes = new Uint8Array(8 + header.length + data_bytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, 8);
  tensors.forEach(([, { data }], i) => {
    const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    bytes.set(raw, 8 + header.length + entries[i]!.begin);
  });
  return bytes;
}

function placeTensors(tensors: readonly (readonly [string, SafetensorsTensor])[]): Entry[] {
  let begin = 0;
  return tensors.map(([name, { shape, data }]) => {
    if (name === METADATA) {
      throw new SafetensorsError(`Cannot encode tensor ${name}: this name is reserved, and must be another`);
    }
    if (numElements(shape) !== data.length) {
      throw new SafetensorsError(
        `Cannot encode tensor ${name}: its shape [${shape}] must hold as many elements as its data, found ${data.length}`,
      );
    }
    const entry = { name, dtype: dtypeOf(data), shape, begin, end: begin + data.byteLength };
    begin = entry.end;
    return entry;
  });
}

function dtypeOf(data: SafetensorsData): Dtype {
  if (data instanceof Float64Array) return "F64";
  if (data instanceof BigInt64Array) return "I64";
  return data instanceof Float32Array ? "F32" : "U8";
}

function encodeHeader(entries: readonly Entry[], metadata: ReadonlyMap<string, string>): Uint8Array {
  const fields: [string, unknown][] = metadata.size > 0 ? [[METADATA, Object.fromEntries(metadata)]] : [];
  for (const { name, dtype, shape, begin, end } of entries) {
    fields.push([name, { dtype, shape, data_offsets: [begin, end] }]);
  }
  const members = fields.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  const json = new TextEncoder().encode(`{${members.join(",")}}`);
  const padded = new Uint8Array(Math.ceil(json.length / 8) * 8).fill(0x20);
  padded.set(json);
  return padded;
}

/**
 * Reads and checks a whole file. Data are copied, so the result shares no memory with `bytes`.
 * @throws {SafetensorsError} where anything is not as the format says.
 */
export function decodeSafetensors(bytes: Uint8Array): Safetensors {
  const data_start = headerEnd(bytes);
  const { entries, metadata } = decodeHeader(bytes.subarray(8, data_start));
  checkCoverage(entries, bytes.length - data_start);
  const tensors = new Map<string, SafetensorsTensor>();
  for (const { name, dtype, shape, begin, end } of entries) {
    const buffer = bytes.slice(data_start + begin, data_start + end).buffer;
    tensors.set(name, { shape, data: DTYPES[dtype].make(buffer) });
  }
  return { tensors, metadata };
}

function refuse(what: string, required: string, found: string | number | bigint): never {
  throw new SafetensorsError(`Cannot decode safetensors: ${what} must be ${required}, found ${found}`);
}

function headerEnd(bytes: Uint8Array): number {
  if (bytes.length < 8) refuse("the file", "at least 8 bytes", bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header_bytes = view.getBigUint64(0, true);
  const limit = Math.min(bytes.length - 8, MAX_HEADER_BYTES);
  if (header_bytes > BigInt(limit)) refuse("the header length", `at most ${limit} bytes`, header_bytes);
  return 8 + Number(header_bytes);
}

function decodeHeader(bytes: Uint8Array): { entries: Entry[]; metadata: Map<string, string> } {
  const header = parseJson(bytes);
  if (!isRecord(header)) refuse("the header", "a JSON object", show(header));
  const entries: Entry[] = [];
  const metadata = new Map<string, string>();
  for (const [name, value] of Object.entries(header)) {
    if (name !== METADATA) {
      entries.push(checkEntry(name, value));
      continue;
    }
    if (!isRecord(value)) refuse(METADATA, "an object of text", show(value));
    for (const [key, text] of Object.entries(value)) {
      if (typeof text !== "string") refuse(`${METADATA}.${show(key)}`, "text", show(text));
      metadata.set(key, text);
    }
  }
  return { entries, metadata };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return refuse("the header", "JSON in UTF-8", `${bytes.length} bytes that are not`);
  }
}

function checkEntry(name: string, value: unknown): Entry {
  const tensor = `tensor ${show(name)}`;
  if (!isRecord(value)) refuse(tensor, "an object", show(value));
  const { dtype, shape, data_offsets, ...unknown } = value;
  if (Object.keys(unknown).length > 0) refuse(tensor, "without other fields", show(Object.keys(unknown)[0]));
  if (typeof dtype !== "string" || !Object.hasOwn(DTYPES, dtype)) {
    refuse(`dtype of ${tensor}`, `one of ${Object.keys(DTYPES).join(", ")}`, show(dtype));
  }
  if (!isCounts(shape)) refuse(`shape of ${tensor}`, "an array of whole numbers", show(shape));
  if (!isCounts(data_offsets) || data_offsets.length !== 2) {
    refuse(`data_offsets of ${tensor}`, "two whole numbers", show(data_offsets));
  }
  const [begin, end] = data_offsets as [number, number];
  const bytes = DTYPES[dtype as Dtype].bytes * numElements(shape);
  if (end - begin !== bytes) refuse(`${tensor} of shape [${shape}]`, `${bytes} bytes long`, end - begin);
  return { name, dtype: dtype as Dtype, shape, begin, end };
}

/** Every byte of the data belongs to exactly one tensor. */
function checkCoverage(entries: readonly Entry[], data_bytes: number): void {
  let covered = 0;
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== covered) {
      refuse(`the start of tensor ${show(name)}`, `${covered}, without gap or overlap`, begin);
    }
    covered = end;
  }
  if (covered !== data_bytes) refuse("the data", `${covered} bytes as in the header`, data_bytes);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

/** A value on one line, cut short. */
function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
