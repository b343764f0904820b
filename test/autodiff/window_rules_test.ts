/** What the rules of convolutions and pools choose: the form of weight gradients, and among equal maxima. */
import assert from "node:assert/strict";
import { gradients } from "../../autodiff/gradients.ts";
import { type AttributeInput, GraphBuilder } from "../../onnx/builder.ts";
import type { Graph } from "../../onnx/graph.ts";
import { interpret } from "../reference/interpreter.ts";
import { refTensor, sizeOf } from "../reference/ref_tensor.ts";

type Attributes = Readonly<Record<string, AttributeInput>>;

function convolution(x: number[], w: number[], attributes: Attributes = {}): Graph {
  const b = new GraphBuilder("g");
  const y = b.op("Conv", [b.input("x", "float64", x), b.input("w", "float64", w)], attributes);
  b.input("dy", "float64", y.type.shape);
  b.output(y, "y");
  return gradients(b.build(), { loss: "y", wrt: ["w"], seed: "dy" });
}

Deno.test("weight gradients are products for stride 1, many channels, and more windows than kernel elements", () => {
  const form = (graph: Graph) => {
    const ops = graph.nodes.slice(1).map(({ op }) => op);
    return ops.filter((op) => op === "Gemm").length || ops.filter((op) => op === "Conv").join();
  };
  assert.equal(form(convolution([2, 16, 6, 6], [3, 16, 3, 3], { pads: [1, 1, 1, 1] })), 9);
  assert.equal(form(convolution([2, 16, 6, 6], [3, 16, 1, 1])), 1);
  assert.equal(form(convolution([2, 15, 6, 6], [3, 15, 3, 3])), "Conv");
  assert.equal(form(convolution([2, 16, 6, 6], [3, 16, 4, 4])), "Conv");
  assert.equal(form(convolution([2, 16, 6, 6], [3, 16, 3, 3], { strides: [1, 2] })), "Conv");
  assert.equal(form(convolution([2, 32, 6, 6], [4, 16, 3, 3], { group: 2 })), "Conv");
});

/** dx of a pool for dy = 1, 2, 3, ... */
function pooled(op: string, attributes: Attributes, shape: number[], x: number[]): number[] {
  const b = new GraphBuilder("g");
  const y = b.op(op, [b.input("x", "float64", shape)], attributes);
  b.input("dy", "float64", y.type.shape);
  b.output(y, "y");
  const graph = gradients(b.build(), { loss: "y", wrt: ["x"], seed: "dy" });
  const counts = y.type.shape as number[];
  const dy = refTensor("float64", counts, Array.from({ length: sizeOf(counts) }, (_, i) => i + 1));
  return [
    ...interpret(graph, new Map([["x", refTensor("float64", shape, x)], ["dy", dy]])).get("x_grad")!.data,
  ];
}

Deno.test("of equal maxima in a window the first one takes the gradient, and never the padding", () => {
  const attributes = { kernel_shape: [3], strides: [2], pads: [1, 1] };
  assert.deepEqual(pooled("MaxPool", attributes, [1, 1, 5], [0, 0, 0, 0, 0]), [1, 2, 0, 3, 0]);
  assert.deepEqual(pooled("MaxPool", attributes, [1, 1, 5], [-1, -2, -2, -1, -1]), [1, 0, 0, 5, 0]);
  const plane = { kernel_shape: [2, 2], strides: [2, 2] };
  assert.deepEqual(pooled("MaxPool", plane, [1, 1, 2, 2], [3, 7, 7, 7]), [0, 1, 0, 0]);
});

Deno.test("equal maxima of a whole plane share the gradient", () => {
  assert.deepEqual(pooled("GlobalMaxPool", {}, [1, 2, 2, 2], [3, 7, 7, 1, 5, 5, 5, 5]), [
    ...[0, 0.5, 0.5, 0],
    ...[0.5, 0.5, 0.5, 0.5],
  ]);
});
