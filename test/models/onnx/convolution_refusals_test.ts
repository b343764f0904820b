import assert from "node:assert/strict";
import { type AttributeInput, GraphBuilder } from "../../../models/onnx/builder.ts";
import type { Shape } from "../../../models/onnx/graph.ts";
import { input } from "./fixtures.ts";

interface Refusal {
  readonly op: string;
  readonly shapes: readonly Shape[];
  readonly attributes?: Readonly<Record<string, AttributeInput>>;
  readonly reason: string;
}

const X = [2, 4, 5, 5], W = [6, 4, 3, 3], T = [4, 6, 3, 3];

function conv(shapes: readonly Shape[], attributes: Refusal["attributes"], reason: string): Refusal {
  return { op: "Conv", shapes, attributes: attributes!, reason };
}

function transposed(shapes: readonly Shape[], attributes: Refusal["attributes"], reason: string): Refusal {
  return { op: "ConvTranspose", shapes, attributes: attributes!, reason };
}

/** What must not be typed, and why. */
const REFUSALS: readonly Refusal[] = [
  conv([[2, 4], [6, 4]], {}, "input and weights must have the same rank of 3 or more"),
  conv([X, [6, 4, 3]], {}, "input and weights must have the same rank of 3 or more"),
  conv([["N", 4, "H", 5], W], {}, "extents after the batch must be numbers: found [N,4,H,5]"),
  conv([X, ["M", 4, 3, 3]], {}, "extents of weights must be numbers: found [M,4,3,3]"),
  conv([X, W], { group: 0 }, "group must be 1 or more: found 0"),
  conv([X, W], { group: 2 }, "weights of 4 channels in 2 groups must have an input of 8 channels"),
  conv([X, [5, 2, 3, 3]], { group: 2 }, "2 groups must divide 5 output channels"),
  conv([X, W, [4]], {}, "input 2 must have shape [6]: found [4]"),
  conv([X, W], { kernel_shape: [3, 2] }, "kernel_shape must be that of the weights, [3,3]: found [3,2]"),
  conv([X, W], { strides: [2] }, "strides must have 2 numbers: found [2]"),
  conv([X, W], { strides: [2, 0] }, "strides must be 1 or more: found [2,0]"),
  conv([X, W], { pads: [1, 1] }, "pads must have 4 numbers: found [1,1]"),
  conv([X, W], { pads: [0, 0, 0, -1] }, "pads must be 0 or more: found [0,0,0,-1]"),
  conv([X, W], { auto_pad: "SAME" }, "auto_pad must be NOTSET, VALID, SAME_UPPER or SAME_LOWER: found SAME"),
  conv([X, [6, 4, 0, 3]], {}, "kernel extents must be 1 or more: found [0,3]"),
  conv([X, W], { dilations: [1, 3] }, "windows of reach 7 must fit 5 positions with pads 0 and 0"),
  transposed([X, W], {}, "weights must have 4 channels, as the input: found 6"),
  transposed([X, T], { group: 3 }, "3 groups must divide 4 channels"),
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
    "an output of 8 must not be larger than its windows reach, 7: add output_padding",
  ),
  transposed([X, T], { pads: [4, 0, 3, 0] }, "windows of reach 3 must fit 0 positions with pads 4 and 3"),
];

Deno.test("convolutions whose parts do not fit are refused with node, graph, types and reason", () => {
  for (const { op, shapes, attributes = {}, reason } of REFUSALS) {
    const b = new GraphBuilder("g");
    const inputs = shapes.map((shape) => input(b, shape));
    const types = shapes.map((shape) => `float32[${shape.join(",")}]`).join(", ");
    assert.throws(() => b.op(op, inputs, attributes), {
      name: "GraphError",
      message: `Cannot type node ${op.toLowerCase()}_0 (${op}) of graph g on (${types}): ${reason}`,
    });
  }
});
