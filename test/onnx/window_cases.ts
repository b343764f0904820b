/** Nodes of convolutions, pools and resizing whose types are compared with ONNX Runtime's. */
import type { AttributeInput } from "../../onnx/builder.ts";
import type { Shape } from "../../onnx/graph.ts";
import { tensorOf } from "../../onnx/tensor.ts";
import { type Case, input } from "./fixtures.ts";

function node(op: string, attributes: Record<string, AttributeInput>, ...shapes: Shape[]): Case {
  return (b) => b.op(op, shapes.map((shape) => input(b, shape)), attributes);
}

function scaled(
  scales: readonly number[],
  shape: Shape,
  attributes: Record<string, AttributeInput> = {},
): Case {
  return (b) =>
    b.op(
      "Resize",
      [input(b, shape), null, b.constant(tensorOf("float32", [scales.length], scales))],
      attributes,
    );
}

export const WINDOW_TYPE_CASES = {
  Conv: [
    node("Conv", { strides: [2, 2], pads: [1, 1, 1, 1] }, ["N", 3, 8, 7], [4, 3, 4, 4]),
    node("Conv", { group: 2, dilations: [2] }, ["N", 4, 9], [6, 2, 3], [6]),
    node("Conv", { auto_pad: "SAME_UPPER", strides: [3, 2] }, ["N", 1, 8, 7], [1, 1, 3, 3]),
  ],
  ConvTranspose: [
    node("ConvTranspose", { strides: [2, 2], pads: [1, 1, 1, 1] }, ["N", 5, 4, 3], [5, 3, 4, 4]),
    node("ConvTranspose", { group: 2, strides: [2], output_padding: [1] }, ["N", 4, 3], [4, 2, 3], [4]),
    node("ConvTranspose", { auto_pad: "SAME_LOWER", strides: [2] }, ["N", 1, 3], [1, 1, 3]),
    node("ConvTranspose", { output_shape: [6], strides: [2] }, ["N", 1, 3], [1, 1, 3]),
  ],
  AveragePool: [
    node("AveragePool", { kernel_shape: [2, 3], strides: [2, 2], ceil_mode: 1 }, ["N", "M", 5, 6]),
    node("AveragePool", { kernel_shape: [3], pads: [1, 0], count_include_pad: 1 }, ["N", 2, 7]),
  ],
  MaxPool: [
    node("MaxPool", { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }, ["N", "M", 8, 7]),
    node("MaxPool", { kernel_shape: [3], strides: [2], auto_pad: "SAME_LOWER" }, ["N", 2, 7]),
    node("MaxPool", { kernel_shape: [2], storage_order: 1 }, ["N", 2, 7]),
  ],
  GlobalAveragePool: [
    node("GlobalAveragePool", {}, ["N", "M", 3, 4]),
    node("GlobalAveragePool", {}, [2, 3, "N"]),
  ],
  GlobalMaxPool: [node("GlobalMaxPool", {}, ["N", "M", 3, 4])],
  Resize: [
    scaled([1, 1, 2, 0.7], ["N", "M", 3, 10]),
    scaled([0.7, 4 / 3], ["N", 10, 3], { axes: [1, 2] }),
    (b) => {
      const ones = b.op("Constant", [], { value_floats: [1, 1] });
      const scales = b.op("Concat", [ones, b.constant(tensorOf("float32", [2], [2, 3]))], { axis: 0 });
      return b.op("Resize", [input(b, ["N", 2, 3, 3]), null, scales], { mode: "linear" });
    },
    (b) => {
      const x = input(b, ["N", 2, 3, 4]);
      const batch = b.op("Slice", [b.op("Shape", [x]), b.ints([0]), b.ints([2])]);
      return b.op("Resize", [x, null, null, b.op("Concat", [batch, b.ints([5, 6])], { axis: 0 })]);
    },
    (b) =>
      b.op("Resize", [
        input(b, ["N", 2, 3]),
        input(b, [0]),
        b.constant(tensorOf("float32", [0], [])),
        b.ints([7]),
      ], { axes: [2] }),
  ],
  DepthToSpace: [node("DepthToSpace", { blocksize: 2, mode: "CRD" }, ["N", 8, 2, 3])],
  SpaceToDepth: [node("SpaceToDepth", { blocksize: 3 }, ["N", 2, 3, 6])],
} satisfies Record<string, readonly Case[]>;
