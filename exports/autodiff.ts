/**
 * Adds gradients of any order to ONNX models. The result is an ONNX model that every ONNX Runtime can run.
 *
 * @example
 * ```ts
 * import { gradients } from "@wagon/wagon/autodiff";
 * import { decodeModel, encodeModel, GraphBuilder, modelOf } from "@wagon/wagon/onnx";
 *
 * const b = new GraphBuilder("square");
 * const x = b.input("x", "float32", [3]);
 * b.output(b.op("Mul", [x, x]), "y");
 * const bytes = gradients(encodeModel(modelOf(b.build())), { loss: "y", inputs: ["x"] });
 * console.assert(decodeModel(bytes).graph.outputs.join() === "y,x_grad");
 * ```
 *
 * @module
 */
export { gradients, type GradientsOptions } from "../models/import/file_gradients.ts";
export { UserError } from "../common/errors.ts";
