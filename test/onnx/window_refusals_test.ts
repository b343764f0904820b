import assert from "node:assert/strict";
import { type AttributeInput, GraphBuilder, type Value } from "../../onnx/builder.ts";
import type { Shape } from "../../onnx/graph.ts";
import { tensorOf } from "../../onnx/tensor.ts";
import { input } from "./fixtures.ts";

type Attributes = Readonly<Record<string, AttributeInput>>;

interface Refusal {
  readonly op: string;
  readonly shapes: readonly Shape[];
  readonly attributes: Attributes;
  readonly reason: string;
}

const X = [2, 4, 5, 5], W = [6, 4, 3, 3], T = [4, 6, 3, 3];

function conv(shapes: readonly Shape[], attributes: Attributes, reason: string): Refusal {
  return { op: "Conv", shapes, attributes, reason };
}

function transposed(shapes: readonly Shape[], attributes: Attributes, reason: string): Refusal {
  return { op: "ConvTranspose", shapes, attributes, reason };
}

function pool(shape: Shape, attributes: Attributes, reason: string, op = "MaxPool"): Refusal {
  return { op, shapes: [shape], attributes, reason };
}

function blocks(op: string, shape: Shape, attributes: Attributes, reason: string): Refusal {
  return { op, shapes: [shape], attributes, reason };
}

/** What must not be typed, and why. */
const REFUSALS: readonly Refusal[] = [
  conv([[2, 4], [6, 4]], {}, "input and weights must have the same rank of 3 or more"),
  conv([X, [6, 4, 3]], {}, "input and weights must have the same rank of 3 or more"),
  conv([["N", 4, "H", 5], W], {}, "all axes after the batch must have fixed sizes: found [N,4,H,5]"),
  conv([X, ["M", 4, 3, 3]], {}, "the weights must have fixed sizes: found [M,4,3,3]"),
  conv([X, W], { group: 0 }, "group must be 1 or more: found 0"),
  conv([X, W], { group: 2 }, "for weights of 4 channels in 2 groups, the input must have 8 channels"),
  conv(
    [X, [5, 2, 3, 3]],
    { group: 2 },
    "the number of output channels must be a multiple of the 2 groups: found 5",
  ),
  conv([X, W, [4]], {}, "input 2 must have shape [6]: found [4]"),
  conv(
    [X, W],
    { kernel_shape: [3, 2] },
    "kernel_shape must agree with the weights, whose kernel is [3,3]: found [3,2]",
  ),
  conv([X, W], { strides: [2] }, "strides must have 2 numbers: found [2]"),
  conv([X, W], { strides: [2, 0] }, "strides must be 1 or more: found [2,0]"),
  conv([X, W], { pads: [1, 1] }, "pads must have 4 numbers: found [1,1]"),
  conv([X, W], { pads: [0, 0, 0, -1] }, "pads must be 0 or more: found [0,0,0,-1]"),
  conv([X, W], { auto_pad: "SAME" }, "auto_pad must be NOTSET, VALID, SAME_UPPER or SAME_LOWER: found SAME"),
  conv([X, [6, 4, 0, 3]], {}, "kernel sizes must be 1 or more: found [0,3]"),
  conv([X, W], { dilations: [1, 3] }, "windows of reach 7 must fit 5 positions with pads 0 and 0"),
  transposed([X, W], {}, "weights must have 4 channels, like the input: found 6"),
  transposed([X, T], { group: 3 }, "the number of channels must be a multiple of the 3 groups: found 4"),
  transposed([X, T, [4]], {}, "input 2 must have shape [6]: found [4]"),
  transposed(
    [X, T],
    { strides: [2, 2], output_padding: [0, 2] },
    "output_padding must be smaller than the stride, 2: found 2",
  ),
  transposed([X, T], { output_shape: [4] }, "output_shape must have 2 numbers: found [4]"),
  transposed(
    [X, T],
    { output_shape: [7, 8] },
    "the output may have at most 7 positions on this axis, found 8: add output_padding",
  ),
  transposed([X, T], { pads: [4, 0, 3, 0] }, "windows of reach 3 must fit 0 positions with pads 4 and 3"),
  pool([2, 4], { kernel_shape: [2] }, "input 0 must have rank 3 or more"),
  pool([2, 4], {}, "input 0 must have rank 3 or more", "GlobalMaxPool"),
  pool([2, 4, "W"], { kernel_shape: [2] }, "spatial axes must have fixed sizes: found [2,4,W]"),
  pool(X, {}, "attribute kernel_shape must be present"),
  pool(X, { kernel_shape: [2] }, "kernel_shape must have 2 numbers: found [2]"),
  pool(
    X,
    { kernel_shape: [2, 2], pads: [0, 1, 2, 0] },
    "pads must be smaller than the kernel, whose size is 2: found 0 and 2",
  ),
  pool(X, { kernel_shape: [6, 2] }, "windows of reach 6 must fit 5 positions with pads 0 and 0"),
  pool(
    [2, 4, 6],
    { kernel_shape: [2], strides: [3], auto_pad: "SAME_LOWER" },
    "with auto_pad, windows must cover all positions: found 1 that they do not; use pads",
  ),
  pool(
    [2, 4, 4],
    { kernel_shape: [2], strides: [3], pads: [1, 1], ceil_mode: 1 },
    "with ceil_mode, windows must begin before position 4: found one at 5; use smaller pads",
  ),
  pool(
    [2, 4, 6],
    { kernel_shape: [2], dilations: [2], auto_pad: "SAME_LOWER" },
    "auto_pad cannot be combined with dilations: use pads",
  ),
  blocks("DepthToSpace", [2, 4, 3], { blocksize: 2 }, "input 0 must have rank 4"),
  blocks(
    "DepthToSpace",
    [2, "C", 3, 3],
    { blocksize: 2 },
    "all axes after the batch must have fixed sizes: found [2,C,3,3]",
  ),
  blocks("DepthToSpace", X, {}, "attribute blocksize must be present"),
  blocks("DepthToSpace", X, { blocksize: 0 }, "blocksize must be 1 or more: found 0"),
  blocks("DepthToSpace", X, { blocksize: 3 }, "channels must be a multiple of 9: found 4"),
  blocks("DepthToSpace", X, { blocksize: 2, mode: "DRC" }, "mode must be DCR or CRD: found DRC"),
  blocks("SpaceToDepth", X, { blocksize: 2 }, "height and width must be multiples of 2: found 5 and 5"),
];

Deno.test("windows and blocks that do not fit are refused with node, graph, types and reason", () => {
  for (const { op, shapes, attributes, reason } of REFUSALS) {
    const b = new GraphBuilder("g");
    const inputs = shapes.map((shape) => input(b, shape));
    const types = shapes.map((shape) => `float32[${shape.join(",")}]`).join(", ");
    assert.throws(() => b.op(op, inputs, attributes), {
      name: "GraphError",
      message: `Cannot type node ${op.toLowerCase()}_0 (${op}) of graph g on (${types}): ${reason}`,
    });
  }
});

const RESIZE_REFUSALS: readonly [(b: GraphBuilder) => (Value | null)[], Attributes, string][] = [
  [() => [], {}, "(float32[N,2,3]): either input 2 (scales) or input 3 (sizes) must be present"],
  [
    (b) => [null, floats(b, 1, 1, 2), b.ints([3, 2, 6])],
    {},
    "(float32[N,2,3], none, float32[3], int64[3]): either input 2 (scales) or input 3 (sizes) must be present",
  ],
  [
    (b) => [null, floats(b, 1, 2)],
    {},
    "(float32[N,2,3], none, float32[2]): scales or sizes must be 3 numbers: found [1,2]",
  ],
  [
    (b) => [null, floats(b, 1, 1, 0)],
    {},
    "(float32[N,2,3], none, float32[3]): scales must be above 0: found 0",
  ],
  [
    (b) => [null, floats(b, 1, 1, 1.25)],
    {},
    "(float32[N,2,3], none, float32[3]): a scale that does not change the size of an axis must be 1, because devices disagree otherwise: found 1.25",
  ],
  [
    (b) => [null, floats(b, 2, 1, 2)],
    {},
    "(float32[N,2,3], none, float32[3]): an axis that is resized must have a fixed size: found N",
  ],
  [
    (b) => [null, null, b.ints([4, 2, 6])],
    {},
    "(float32[N,2,3], none, none, int64[3]): an axis of size N cannot be resized: found size 4",
  ],
  [
    (b) => [null, b.input("s", "float32", [3])],
    {},
    '(float32[N,2,3], none, float32[3]): scales (input 2, "s") must be constant',
  ],
  [
    (b) => [null, b.scalar(2)],
    { axes: [2] },
    "(float32[N,2,3], none, float32[]): scales (input 2) must be float32 of rank 1: found float32[]",
  ],
  [
    (b) => [null, floats(b, 1, 1, 2)],
    { mode: "cubic" },
    "(float32[N,2,3], none, float32[3]): attribute mode must be nearest, linear: found cubic",
  ],
  [
    (b) => [null, floats(b, 1, 1, 2)],
    { antialias: 1 },
    "(float32[N,2,3], none, float32[3]): attribute antialias must be 0: found 1",
  ],
  [
    (b) => [null, floats(b, 1, 1, 2)],
    { coordinate_transformation_mode: "tf_crop_and_resize" },
    "(float32[N,2,3], none, float32[3]): attribute coordinate_transformation_mode must be half_pixel, pytorch_half_pixel, align_corners, asymmetric: found tf_crop_and_resize",
  ],
];

function floats(b: GraphBuilder, ...values: number[]): Value {
  return b.constant(tensorOf("float32", [values.length], values));
}

Deno.test("resizing that we do not do is refused with node, graph, types and reason", () => {
  for (const [others, attributes, reason] of RESIZE_REFUSALS) {
    const b = new GraphBuilder("g");
    const x = input(b, ["N", 2, 3]);
    assert.throws(() => b.op("Resize", [x, ...others(b)], attributes), {
      name: "GraphError",
      message: `Cannot type node resize_0 (Resize) of graph g on ${reason}`,
    });
  }
});
