/** A data set in memory: examples of one shape, one after the other. */
import type { Skipped } from "./skipped.ts";
import type { Scaling } from "../../common/values/scaling.ts";
import type { TableColumn } from "../../common/values/table.ts";
import { numElements } from "../../common/shape.ts";
import { sha256Aside } from "../../common/sha256.ts";
import { type ExampleBytes, sha256OfPieces, wholeBytes } from "./files/example_bytes.ts";
import type { Labels } from "./labels/labels.ts";

export interface DataSet {
  readonly name: string;
  readonly num_examples: number;
  /** Shape of one example, e.g. [28, 28] (rows, columns) or [2]. */
  readonly example_shape: readonly number[];
  /** Names of the columns, where the examples are rows of a table. */
  readonly columns?: readonly string[];
  /** Of a table with categories: its columns as people see them; `columns` names the numbers of an example. */
  readonly table?: readonly TableColumn[];
  /** Axes of an example, where --layout named them, e.g. "CT" (arrays/axes.ts). */
  readonly axes?: string;
  /** Of images of float32, before they were scaled: values that are drawn black and white. */
  readonly value_range?: readonly [number, number];
  /** Items that were left out because they could not be read. */
  readonly skipped?: readonly Skipped[];
  /** Where some were skipped: indices of the others in what was found. */
  readonly kept?: Uint32Array;
  /** Present where the values were scaled. */
  readonly scaling?: Scaling;
  /** uint8: grey value v stands for float32(v / 127.5 - 1), so 0 is -1 and 255 is 1. float32: as it is. */
  readonly encoding: "uint8" | "float32";
  /** Bytes of one example, without its label. */
  readonly example_bytes: number;
  /** The class of each example; absent: networks take none. */
  readonly labels?: Labels;
  /** num_examples x example_bytes, row-major; float32 is little-endian. */
  readonly bytes: ExampleBytes;
  /** SHA-256 of `bytes`, before they were scaled, in lower-case hexadecimal: what a resumed run compares. */
  sha256(): Promise<string>;
}

/** Whose bytes are in memory. */
export interface DataSetInMemory extends DataSet {
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Wraps examples that lie one after the other in `bytes` (not copied; must not change afterwards). */
export function dataSetOf(
  name: string,
  example_shape: readonly number[],
  encoding: DataSet["encoding"],
  bytes: Uint8Array<ArrayBuffer>,
): DataSetInMemory;
export function dataSetOf(
  name: string,
  example_shape: readonly number[],
  encoding: DataSet["encoding"],
  bytes: ExampleBytes,
): DataSet;
export function dataSetOf(
  name: string,
  example_shape: readonly number[],
  encoding: DataSet["encoding"],
  bytes: ExampleBytes,
): DataSet {
  const example_bytes = numElements(example_shape) * (encoding === "uint8" ? 1 : 4);
  const num_examples = bytes.length / example_bytes;
  if (!Number.isInteger(num_examples)) {
    throw new RangeError(
      `Data must be whole examples of ${example_bytes} bytes: found ${bytes.length} bytes`,
    );
  }
  return {
    name,
    num_examples,
    example_shape,
    encoding,
    example_bytes,
    bytes,
    sha256: () =>
      bytes instanceof Uint8Array ? sha256Aside(bytes as Uint8Array<ArrayBuffer>) : sha256OfPieces(bytes),
  };
}

/** The same data with its bytes in memory. */
export function inMemory(data: DataSet): DataSetInMemory {
  return { ...data, bytes: wholeBytes(data.bytes) };
}

/** The examples with these indices, in that order, as the data set keeps them: a shard, or a micro-batch. */
export function gatherExamples(data: DataSet, indices: Uint32Array): Uint8Array<ArrayBuffer> {
  const size = data.example_bytes;
  const out = new Uint8Array(indices.length * size);
  indices.forEach((index, i) => out.set(data.bytes.subarray(index * size, (index + 1) * size), i * size));
  return out;
}

/** Bytes of one example as workers keep it: its class, a little-endian u32, comes behind it if there are labels. */
export function rowBytes({ example_bytes, labels }: Pick<DataSet, "example_bytes" | "labels">): number {
  return example_bytes + (labels ? Uint32Array.BYTES_PER_ELEMENT : 0);
}

/** The examples with these indices, in that order, as workers keep them. */
export function gatherRows(data: DataSet, indices: Uint32Array): Uint8Array<ArrayBuffer> {
  const { labels, example_bytes, bytes } = data;
  if (!labels) return gatherExamples(data, indices);
  const size = rowBytes(data), out = new Uint8Array(indices.length * size), view = new DataView(out.buffer);
  indices.forEach((index, i) => {
    out.set(bytes.subarray(index * example_bytes, (index + 1) * example_bytes), i * size);
    view.setUint32(i * size + example_bytes, labels.values[index]!, true);
  });
  return out;
}

/** Examples as the networks see them: uint8 mapped to [-1, 1] as {@linkcode DataSet.encoding} says. */
export function decodeExamples(
  bytes: Uint8Array<ArrayBuffer>,
  encoding: DataSet["encoding"],
): Float32Array<ArrayBuffer> {
  if (encoding === "uint8") {
    const values = new Float32Array(bytes.length);
    // Float32Array.from would make a list of all values first, and end the process where that is too long.
    for (let i = 0; i < bytes.length; i++) values[i] = bytes[i]! / 127.5 - 1;
    return values;
  }
  return new Float32Array(bytes.slice().buffer);
}
