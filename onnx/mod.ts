/**
 * ONNX files: reading, writing, checking, printing and building them.
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
export { type AttributeInput, GraphBuilder, type OpOptions, type Value } from "./builder.ts";
export { checkGraph } from "./check.ts";
export { decodeModel, encodeModel } from "./codec.ts";
export { GraphError } from "./graph_error.ts";
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
} from "./graph.ts";
export { modelOf } from "./model.ts";
export { tensorOf } from "./tensor.ts";
export { printGraph } from "./text.ts";
