/**
 * Reads, writes, checks, prints and builds ONNX models.
 *
 * @example
 * ```ts
 * import { decodeModel, encodeModel, GraphBuilder, modelOf, printGraph } from "@wagon/wagon/onnx";
 *
 * const b = new GraphBuilder("double");
 * const x = b.input("x", "float32", ["N", 2]);
 * b.output(b.op("Add", [x, x]), "y");
 * const bytes = encodeModel(modelOf(b.build()));
 * console.log(printGraph(decodeModel(bytes).graph));
 * ```
 *
 * @module
 */
export { type AttributeInput, GraphBuilder, type OpOptions, type Value } from "../onnx/builder.ts";
export { checkGraph } from "../onnx/check.ts";
export { decodeModel, encodeModel } from "../onnx/codec.ts";
export { GraphError } from "../onnx/graph_error.ts";
export type {
  Attribute,
  Dim,
  ElementType,
  Graph,
  Model,
  Node,
  Shape,
  Tensor,
  TensorData,
  TensorType,
} from "../onnx/graph.ts";
export { modelOf } from "../library/model.ts";
export { tensorOf } from "../onnx/tensor.ts";
export { printGraph } from "../onnx/text.ts";
