/** Spectral normalisation against PyTorch: three steps of training, in float64. */
import assert from "node:assert/strict";
import { decompose } from "../../../models/autodiff/decompose.ts";
import { gradients } from "../../../models/autodiff/gradients.ts";
import { simplify } from "../../../models/autodiff/simplify.ts";
import { spectralNorm, spectralNormInfer, spectralNormState } from "../../../models/nets/spectral_norm.ts";
import { GraphBuilder } from "../../../models/onnx/builder.ts";
import type { Graph } from "../../../models/onnx/graph.ts";
import { decodeSafetensors } from "../../../models/safetensors.ts";
import { readGolden } from "../../goldens/golden.ts";
import { interpret } from "../../reference/interpreter.ts";
import { type RefTensor, refTensor } from "../../reference/ref_tensor.ts";
import { relativeDifference } from "../../reference/relative_difference.ts";

/** Measured: 3.7e-15. */
const TOLERANCE = 2e-14;

const { tensors } = decodeSafetensors(readGolden("spectral_norm.safetensors"));

function golden(name: string): RefTensor {
  const { shape, data } = tensors.get(name)!;
  return refTensor("float64", shape, data as Float64Array);
}

/** weight, u, c -> loss = sum(c tanh(W / sigma)), W / sigma, the next u, dloss / dweight */
function trainingGraph(shape: readonly number[], axis: number, constant = true): Graph {
  const b = new GraphBuilder("spectral_norm");
  const weight = b.input("weight", "float64", shape);
  const u = b.input("u", "float64", [shape[axis]!]);
  const c = b.input("c", "float64", shape);
  const norm = spectralNorm(b, weight, u, axis);
  const product = b.op("Mul", [c, b.op("Tanh", [norm.weight])]);
  b.output(b.op("ReduceSum", [product], { keepdims: 0 }), "loss");
  b.output(norm.weight);
  b.output(norm.u);
  const constants = constant ? norm.constants : [];
  return simplify(gradients(decompose(b.build()), { loss: "loss", wrt: ["weight"], constants }));
}

const WEIGHTS = [["linear", 0], ["conv", 0], ["conv_transpose", 1]] as const;

for (const [name, axis] of WEIGHTS) {
  Deno.test(`spectral normalisation of a ${name} weight is PyTorch's for three steps`, () => {
    let weight = golden(`${name}.start`), u = golden(`${name}.u0`);
    const c = golden(`${name}.c`), graph = trainingGraph(weight.shape, axis);
    for (const step of [1, 2, 3]) {
      const results = [...interpret(graph, new Map([["weight", weight], ["u", u], ["c", c]])).values()];
      const expected = ["loss", "normalised", "u", "gradient"].map((key) => golden(`${name}.${key}${step}`));
      for (const [i, value] of expected.entries()) {
        const found = i === 0 ? { ...results[0]!, shape: [1] } : results[i]!;
        const error = relativeDifference(value, found);
        assert.ok(error <= TOLERANCE, `step ${step}, ${graph.outputs[i]}: off by ${error}`);
      }
      const gradient = results[3]!;
      u = results[2]!;
      weight = { ...weight, data: weight.data.map((value, i) => value - 0.1 * gradient.data[i]!) };
    }
  });
}

Deno.test("the gradient differs where u and v do not count as constants", () => {
  const graph = trainingGraph([5, 6], 0, false);
  const feeds = new Map([
    ["weight", golden("linear.start")],
    ["u", golden("linear.u0")],
    ["c", golden("linear.c")],
  ]);
  const error = relativeDifference(golden("linear.gradient1"), interpret(graph, feeds).get("weight_grad")!);
  assert.ok(error >= 1e-3, `off by ${error} only`);
});

Deno.test("from its initial state u settles, and both forms divide by the largest singular value", () => {
  const b = new GraphBuilder("settling");
  const weight = b.input("weight", "float64", [2, 2]), u = b.input("u", "float64", [2]);
  const norm = spectralNorm(b, weight, u);
  b.output(norm.u, "next");
  b.output(norm.weight, "trained");
  b.output(spectralNormInfer(b, weight, u), "used");
  const graph = b.build();
  // Singular values 3 and 1: rotations by 30 and 50 degrees around diag(3, 1).
  const [p, q] = [Math.PI / 6, Math.PI / 3.6];
  const data = [
    3 * Math.cos(p) * Math.cos(q) + Math.sin(p) * Math.sin(q),
    3 * Math.cos(p) * Math.sin(q) - Math.sin(p) * Math.cos(q),
    3 * Math.sin(p) * Math.cos(q) - Math.cos(p) * Math.sin(q),
    3 * Math.sin(p) * Math.sin(q) + Math.cos(p) * Math.cos(q),
  ];
  const { shape, initialiser } = spectralNormState("w", [2, 2]);
  assert.ok(initialiser.kind === "constant");
  let state = refTensor("float64", shape, Array(2).fill(initialiser.value));
  for (let step = 0; step < 20; step++) {
    const results = interpret(graph, new Map([["weight", refTensor("float64", [2, 2], data)], ["u", state]]));
    state = results.get("next")!;
    if (step < 19) continue;
    for (const form of ["trained", "used"]) {
      const error = Math.max(...results.get(form)!.data.map((value, i) => Math.abs(value - data[i]! / 3)));
      assert.ok(error <= 1e-15, `${form}: off by ${error}, measured 1.1e-16`);
    }
  }
});
