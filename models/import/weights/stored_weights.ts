/** Weights that a file stores in another form than a float32 initializer: in Constant nodes, and in other float types. */
import type { Tensor } from "../../../onnx/graph.ts";
import type { FileGraph, FileNode } from "../../../onnx/graph_reader.ts";
import { tensorOf } from "../../../onnx/tensor.ts";
import { type ExporterNotes, isMadeUp, readersOf } from "./exporter_notes.ts";

/** Operators of layers: what they read behind x is a weight, even if it is one number. */
export const LAYERS: readonly string[] = [
  "Conv",
  "ConvTranspose",
  "Gemm",
  "MatMul",
  "PRelu",
  "BatchNormalization",
];

/** True if a layer reads a value as its weights. */
export function isOfLayer(name: string, readers: readonly FileNode[]): boolean {
  return readers.some(({ op, inputs }) => LAYERS.includes(op) && inputs.indexOf(name) > 0);
}

/** Float types besides float32. */
const WIDE: readonly string[] = ["float64", "float16", "bfloat16"];

export function isWide({ element }: Tensor): boolean {
  return WIDE.includes(element);
}

/**
 * Names of the Constant nodes that hold weights. PyTorch writes literals of the code as Constant nodes, under names that
 * it makes up; others are somebody's weights. Of other exporters they are where a layer reads them, or where the file
 * stores no weights elsewhere.
 */
export function storedConstants(file: FileGraph, { exporter }: ExporterNotes): ReadonlySet<string> {
  if (exporter === "dynamo") return new Set();
  const readers = readersOf(file);
  const isFloat = ({ element, data }: Tensor) =>
    (element === "float32" || WIDE.includes(element)) && data.length > 1;
  const has_others = [...file.initializers.values()].some(isFloat);
  const isRead = (name: string) => isOfLayer(name, readers.get(name) ?? []);
  const isWeight = (name: string) => {
    if (exporter === "torchscript") return !isMadeUp(name) || (!has_others && isRead(name));
    return isRead(name) || (!has_others && !isMadeUp(name));
  };
  return new Set(
    file.nodes.filter(({ op, domain }) => op === "Constant" && domain === "")
      .map(({ outputs }) => outputs[0]!)
      .filter(isWeight),
  );
}

/** The numbers of a tensor of another float type, rounded to float32. */
export function inFloat32({ element, shape, data }: Tensor): Tensor {
  const numbers = data as ArrayLike<number>;
  const convert = element === "float16" ? fromHalf : element === "bfloat16" ? fromBrain : Number;
  return tensorOf("float32", shape, Array.from(numbers, convert));
}

/** The number that 16 bits of IEEE 754 stand for. */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1, exponent = bits >> 10 & 0x1f, fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The number whose float32 begins with these 16 bits. */
function fromBrain(bits: number): number {
  return new Float32Array(Uint32Array.of(bits << 16).buffer)[0]!;
}
