/** What several tests of models/onnx need: models made by Python's onnx, and their twins made by wagon. */
import { GraphBuilder, type Value } from "../../onnx/builder.ts";
import type { ElementType, Graph, Model, Shape } from "../../onnx/graph.ts";
import { tensorOf } from "../../onnx/tensor.ts";

/** Models of scripts/goldens/make_onnx_goldens.py, by name. */
export type GoldenName =
  | "small"
  | "elements_raw"
  | "elements_typed"
  | "foreign"
  | "subgraph"
  | "external"
  | "overridable";

export async function golden(name: GoldenName): Promise<Uint8Array> {
  const text = await Deno.readTextFile(new URL("goldens.json", import.meta.url));
  return Uint8Array.fromBase64((JSON.parse(text) as Record<GoldenName, string>)[name]);
}

export function modelOf(graph: Graph, metadata: readonly (readonly [string, string])[] = []): Model {
  return {
    graph,
    ir_version: 9,
    opset: 18,
    producer_name: "wagon",
    producer_version: "0.1",
    metadata: new Map(metadata),
  };
}

/** The model "small" of the Python script, built here. */
export function smallModel(): Model {
  const builder = new GraphBuilder("small");
  const x = builder.input("x", "float32", ["N", 3]);
  const w = builder.constant(tensorOf("float32", [3, 2], [0, 0.25, 0.5, 0.75, 1, 1.25]), "w");
  const h = builder.op("MatMul", [x, w], {}, { name: "h" });
  const swapped = builder.op("Transpose", [builder.op("LeakyRelu", [h], { alpha: 0.25 })], { perm: [1, 0] });
  builder.output(builder.op("Clip", [swapped, null, builder.scalar(0.5)]), "y");
  builder.output(builder.op("Constant", [], { value_strings: ["a", "é"] }), "names");
  const value = tensorOf("int64", [1], [-3]);
  builder.output(builder.op("ConstantOfShape", [builder.ints([4, 200])], { value }), "zeros");
  builder.output(builder.ops("Split", [w], { axis: 1, num_outputs: 2 }, 2)[1]!);
  return modelOf(builder.build(), [["value_range", "[-1, 1]"]]);
}

/** The bytes of a length-delimited protobuf field, for files that no tool would write. */
export function field(number: number, content: Uint8Array | number[]): number[] {
  return [...varint(number * 8 + 2), ...varint(content.length), ...content];
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)];
}

/** Adds nodes of one operator to a graph. */
export type Case = (b: GraphBuilder) => Value | readonly Value[];

/** A fresh input. */
export function input(b: GraphBuilder, shape: Shape, element: ElementType = "float32"): Value {
  let i = 0;
  while (b.has(`x${i}`)) i++;
  return b.input(`x${i}`, element, shape);
}
