/** Nodes of convolutions whose types are compared with ONNX Runtime's. Every attribute: `test/reference`. */
import type { Shape } from "../../../models/onnx/graph.ts";
import type { AttributeInput } from "../../../models/onnx/builder.ts";
import { type Case, input } from "./fixtures.ts";

function convolution(op: string, attributes: Record<string, AttributeInput>, ...shapes: Shape[]): Case {
  return (b) => b.op(op, shapes.map((shape) => input(b, shape)), attributes);
}

export const CONVOLUTION_TYPE_CASES = {
  Conv: [
    convolution("Conv", { strides: [2, 2], pads: [1, 1, 1, 1] }, ["N", 3, 8, 7], [4, 3, 4, 4]),
    convolution("Conv", { group: 2, dilations: [2] }, ["N", 4, 9], [6, 2, 3], [6]),
    convolution("Conv", { auto_pad: "SAME_UPPER", strides: [3, 2] }, ["N", 1, 8, 7], [1, 1, 3, 3]),
  ],
  ConvTranspose: [
    convolution("ConvTranspose", { strides: [2, 2], pads: [1, 1, 1, 1] }, ["N", 5, 4, 3], [5, 3, 4, 4]),
    convolution("ConvTranspose", { group: 2, strides: [2], output_padding: [1] }, ["N", 4, 3], [4, 2, 3], [
      4,
    ]),
    convolution("ConvTranspose", { auto_pad: "SAME_LOWER", strides: [2] }, ["N", 1, 3], [1, 1, 3]),
    convolution("ConvTranspose", { output_shape: [6], strides: [2] }, ["N", 1, 3], [1, 1, 3]),
  ],
} satisfies Record<string, readonly Case[]>;
