/** What several tests of models/onnx need: models made by Python's onnx, and their twins made by wagon. */
import { GraphBuilder } from "../../../models/onnx/builder.ts";
import type { Graph, Model } from "../../../models/onnx/graph.ts";
import { tensorOf } from "../../../models/onnx/tensor.ts";

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
