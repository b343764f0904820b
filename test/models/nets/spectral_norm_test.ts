/** Spectral normalisation: against PyTorch in float64, against known singular values, and through two derivatives. */
import assert from "node:assert/strict";
import { numElements } from "../../../common/shape.ts";
import { decompose } from "../../../autodiff/decompose.ts";
import { gradients } from "../../../autodiff/gradients.ts";
import { simplify } from "../../../autodiff/simplify.ts";
import { initialState } from "../../../models/initialise.ts";
import { buildLayout, views } from "../../../models/layout.ts";
import { dcganCritic } from "../../../models/nets/dcgan.ts";
import { mlp, planeCritic, planeGenerator } from "../../../models/nets/mlp.ts";
import { normalisedWeight, powerIteration, weightTensors } from "../../../models/nets/spectral_norm.ts";
import { wganGp } from "../../../models/objectives/wgan_gp.ts";
import { GraphBuilder } from "../../../onnx/builder.ts";
import type { Graph } from "../../../onnx/graph.ts";
import { decodeSafetensors } from "../../../common/files/safetensors.ts";
import { criticTrainingGraph } from "../../../models/training_graphs.ts";
import { Stream } from "../../../random/philox.ts";
import { readGolden } from "../../goldens/golden.ts";
import { interpret } from "../../reference/interpreter.ts";
import { type RefTensor, refTensor } from "../../reference/ref_tensor.ts";
import { relativeDifference } from "../../reference/relative_difference.ts";

const { tensors } = decodeSafetensors(readGolden("spectral_norm.safetensors"));

function golden(name: string): RefTensor {
  const { shape, data } = tensors.get(name)!;
  return refTensor("float64", shape, data as Float64Array);
}

/** w, w.u, w.v, c -> loss = sum(c tanh(W / sigma)), W / sigma, dloss / dw */
function trainingGraph(shape: readonly number[]): Graph {
  const b = new GraphBuilder("spectral_norm");
  const [outputs, ...others] = shape;
  b.input("w", "float64", shape);
  b.input("w.u", "float64", [outputs!]);
  b.input("w.v", "float64", [numElements(others)]);
  const c = b.input("c", "float64", shape);
  const weight = normalisedWeight(b, "w");
  const product = b.op("Mul", [c, b.op("Tanh", [weight])]);
  b.output(b.op("ReduceSum", [product], { keepdims: 0 }), "loss");
  b.output(weight, "normalised");
  return simplify(gradients(decompose(b.build()), { loss: "loss", wrt: ["w"] }));
}

for (const name of ["linear", "conv"]) {
  Deno.test(`spectral normalisation of a ${name} weight is PyTorch's for three steps`, () => {
    const { shape, data } = golden(`${name}.start`);
    const weight = Float64Array.from(data), u = Float64Array.from(golden(`${name}.u0`).data);
    const v = new Float64Array(weight.length / u.length);
    const c = golden(`${name}.c`), graph = trainingGraph(shape);
    for (const step of [1, 2, 3]) {
      powerIteration(weight, u, v);
      const results = interpret(
        graph,
        new Map([
          ["w", refTensor("float64", shape, weight)],
          ["w.u", refTensor("float64", [u.length], u)],
          ["w.v", refTensor("float64", [v.length], v)],
          ["c", c],
        ]),
      );
      const gradient = results.get("w_grad")!;
      const found: Record<string, RefTensor> = {
        loss: { ...results.get("loss")!, shape: [1] },
        normalised: results.get("normalised")!,
        u: refTensor("float64", [u.length], u),
        gradient,
      };
      for (const [key, value] of Object.entries(found)) {
        const error = relativeDifference(golden(`${name}.${key}${step}`), value);
        assert.ok(error <= 2e-14, `step ${step}, ${key}: off by ${error}, measured 3.7e-15`);
      }
      weight.forEach((value, i) => weight[i] = value - 0.1 * gradient.data[i]!);
    }
  });
}

/** I - 2 a a^T / ||a||^2 of a seeded direction: orthogonal. */
function reflection(size: number, counter: number): (row: number, column: number) => number {
  const stream = new Stream({ seed: 5, purpose: "init", counter, shard: 0 });
  const a = Float64Array.from({ length: size }, () => stream.nextNormal());
  const square = a.reduce((sum, value) => sum + value * value, 0);
  return (row, column) => (row === column ? 1 : 0) - 2 * a[row]! * a[column]! / square;
}

Deno.test("u^T W v comes to the largest singular value, known by construction", () => {
  // W = P diag(3, 2, 1, 1/2, 1/4) Q with reflections P [5, 5] and Q [7, 7].
  const singular = [3, 2, 1, 0.5, 0.25], [p, q] = [reflection(5, 0), reflection(7, 1)];
  const weight = Float64Array.from({ length: 35 }, (_, at) => {
    const [row, column] = [Math.floor(at / 7), at % 7];
    return singular.reduce((sum, value, i) => sum + p(row, i) * value * q(i, column), 0);
  });
  const [u, v] = [new Float64Array(5).fill(1), new Float64Array(7)];
  const sigma = () => weight.reduce((sum, w, at) => sum + u[Math.floor(at / 7)]! * w * v[at % 7]!, 0);
  powerIteration(weight, u, v);
  assert.ok(sigma() < 2.999, `already ${sigma()} after one step`);
  for (let step = 0; step < 60; step++) powerIteration(weight, u, v);
  assert.ok(Math.abs(sigma() - 3) <= 8e-15, `sigma must be 3, found ${sigma()}, measured within 8.9e-16`);
  for (const x of [u, v]) assert.ok(Math.abs(Math.hypot(...x) - 1) <= 2e-15, "measured 2.2e-16");
});

Deno.test("vectors lie behind the parameters, whose first values they do not change", () => {
  const config = { kind: "dcgan_critic", side: 8, channels: 3, width: 2, batch_norm: false } as const;
  const pair = {
    critic: dcganCritic("critic", { ...config, spectral_norm: true }),
    generator: mlp("generator", planeGenerator(2)),
  };
  const layout = buildLayout(weightTensors(pair.critic));
  assert.deepEqual(layout.slots.map(({ name, shape }) => `${name} [${shape}]`), [
    "critic.0.weight [2,3,4,4]",
    "critic.2.weight [1,2,4,4]",
    "critic.0.weight.u [2]",
    "critic.0.weight.v [48]",
    "critic.2.weight.u [1]",
    "critic.2.weight.v [32]",
  ]);
  const { critic } = initialState(pair, 7);
  const plain = initialState({ ...pair, critic: dcganCritic("critic", config) }, 7).critic;
  assert.deepEqual(critic.subarray(0, plain.length), plain);
  // A matrix of two rows: its largest singular value in closed form, from W W^T.
  const [weight, u, v] = ["", ".u", ".v"].map((end) => views(layout, critic).get(`critic.0.weight${end}`)!);
  const product = (i: number, j: number) =>
    v!.reduce((sum, _, at) => sum + weight![48 * i + at]! * weight![48 * j + at]!, 0);
  const [a, b, d] = [product(0, 0), product(0, 1), product(1, 1)];
  const largest = Math.sqrt((a + d + Math.hypot(a - d, 2 * b)) / 2);
  const sigma = weight!.reduce((sum, w, at) => sum + u![Math.floor(at / 48)]! * w * v![at % 48]!, 0);
  assert.ok(Math.abs(sigma / largest - 1) <= 0.1, `sigma ${sigma} must be ${largest}, measured within 0.016`);
});

Deno.test("the gradient of a penalised loss through spectral norms agrees with central differences", () => {
  const widths = [2, 5, 4, 1];
  const critic = mlp("critic", { ...planeCritic(), widths, slope: 0.2, spectral_norm: true });
  const generator = mlp("generator", { ...planeGenerator(2), widths: [2, 3, 2] });
  const graph = criticTrainingGraph({
    ...{ critic, generator, objective: wganGp(10), micro_batch: 3, element: "float64" },
  });
  const kept = weightTensors(critic), layout = buildLayout(kept);
  const start = initialState({ critic, generator }, 3).critic;
  const stream = new Stream({ seed: 3, purpose: "init", counter: 99, shard: 0 });
  const normals = (shape: readonly number[]) =>
    refTensor(
      "float64",
      shape,
      Float64Array.from({ length: numElements(shape) }, () => stream.nextNormal()),
    );
  const batch = new Map([
    ["real", normals([3, 2])],
    ["fake", normals([3, 2])],
    ["mix", refTensor("float64", [3, 1], [0.2, 0.5, 0.8])],
  ]);
  const run = (values: Float64Array) => {
    const feeds = new Map(batch);
    for (const { name, shape, offset } of layout.slots) {
      const size = numElements(shape);
      feeds.set(name, refTensor("float64", shape, values.slice(offset, offset + size)));
    }
    return interpret(graph, feeds);
  };
  const at = Float64Array.from(start), results = run(at), step = 1e-6;
  let largest = 0;
  for (const { name } of critic.parameters) {
    const { offset } = layout.slots.find((slot) => slot.name === name)!;
    results.get(`${name}_grad`)!.data.forEach((found, i) => {
      const loss = (by: number) => {
        const moved = at.slice();
        moved[offset + i]! += by;
        return run(moved).get("loss")!.data[0]!;
      };
      largest = Math.max(largest, Math.abs((loss(step) - loss(-step)) / (2 * step) - found));
    });
  }

  assert.ok(largest <= 1e-8, `off by ${largest}, measured 1.5e-9`);
});
