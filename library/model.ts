/** A model file around a graph. */
import type { Graph, Model } from "../onnx/graph.ts";
import { OPSET } from "../onnx/shapes.ts";

/** Version of ONNX's intermediate representation that goes with {@linkcode OPSET}. */
const IR_VERSION = 9;

/**
 * A model of this graph, for {@linkcode encodeModel}.
 *
 * @example
 * ```ts
 * import { encodeModel, GraphBuilder, modelOf } from "@wagon/wagon/onnx";
 *
 * const b = new GraphBuilder("double");
 * const x = b.input("x", "float32", ["N", 2]);
 * b.output(b.op("Add", [x, x]), "y");
 * await Deno.writeFile(await Deno.makeTempFile(), encodeModel(modelOf(b.build())));
 * ```
 */
export function modelOf(graph: Graph, producer_name = "wagon"): Model {
  return {
    graph,
    ir_version: IR_VERSION,
    opset: OPSET,
    producer_name,
    producer_version: "",
    metadata: new Map(),
  };
}
