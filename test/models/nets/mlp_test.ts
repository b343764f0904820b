import assert from "node:assert/strict";
import { buildLayout } from "../../../models/layout.ts";
import {
  imageCritic,
  imageGenerator,
  mlp,
  type MlpConfig,
  planeCritic,
  planeGenerator,
} from "../../../models/nets/mlp.ts";
import { dependsOnBatch, type Net } from "../../../models/nets/net.ts";
import { GraphBuilder } from "../../../onnx/builder.ts";
import type { Graph } from "../../../onnx/graph.ts";
import { prepareInOrt } from "../onnx_runtime.ts";

function graphOf(net: Net, batch: number, use: "train" | "infer"): Graph {
  const b = new GraphBuilder(use);
  const x = b.input("x", "float32", [batch, ...net.input_shape]);
  for (const { name, shape } of [...net.parameters, ...net.statistics]) b.input(name, "float32", shape);
  if (use === "infer") {
    b.output(net.forwardEval(b, x), "y");
  } else {
    const { output, moments } = net.forwardTrain(b, x);
    b.output(output, "y");
    moments.forEach(({ mean, variance }, i) => {
      b.output(mean, `mean_${i}`);
      b.output(variance, `variance_${i}`);
    });
  }
  return b.build();
}

Deno.test("mlp: the pair of the original comparison has exactly the published numbers of parameters", () => {
  assert.equal(buildLayout(mlp("generator", imageGenerator(100, 784)).parameters).size, 1_510_032);
  assert.equal(buildLayout(mlp("critic", imageCritic(784)).parameters).size, 533_505);
});

Deno.test("mlp: tensors are named and shaped as those of torch.nn.Sequential", () => {
  const net = mlp("generator", imageGenerator(100, 784));
  const shapes = [...net.parameters, ...net.statistics].map(({ name, shape }) => `${name} [${shape}]`);
  assert.deepEqual(shapes, [
    "generator.0.weight [128,100]",
    "generator.0.bias [128]",
    "generator.2.weight [256,128]",
    "generator.2.bias [256]",
    "generator.3.weight [256]",
    "generator.3.bias [256]",
    "generator.5.weight [512,256]",
    "generator.5.bias [512]",
    "generator.6.weight [512]",
    "generator.6.bias [512]",
    "generator.8.weight [1024,512]",
    "generator.8.bias [1024]",
    "generator.9.weight [1024]",
    "generator.9.bias [1024]",
    "generator.11.weight [784,1024]",
    "generator.11.bias [784]",
    "generator.3.running_mean [256]",
    "generator.3.running_var [256]",
    "generator.6.running_mean [512]",
    "generator.6.running_var [512]",
    "generator.9.running_mean [1024]",
    "generator.9.running_var [1024]",
  ]);
  assert.ok(dependsOnBatch(net));
});

Deno.test("mlp: the pair for the plane has ReLU, no normalisation and nothing at the end", () => {
  for (const [config, input, output] of [[planeGenerator(2), 2, 2], [planeCritic(), 2, 1]] as const) {
    const net = mlp("net", config);
    assert.ok(!dependsOnBatch(net));
    assert.deepEqual(net.input_shape, [input]);
    assert.deepEqual(net.output_shape, [output]);
    const nodes = graphOf(net, 4, "train").nodes;
    const ops = nodes.map(({ op }) => op).filter((op) => op !== "Unsqueeze" && op !== "Transpose");
    assert.deepEqual(ops, ["Gemm", "Relu", "Gemm", "Relu", "Gemm", "Relu", "Gemm"]);
  }
});

/** One batch normalisation after a linear layer that changes nothing; the values are exact in float32. */
const NORMALISED: MlpConfig = { widths: [2, 2, 2, 2], batch_norm: true, slope: 0.25, output: "linear" };
const IDENTITY = Float32Array.of(1, 0, 0, 1);
const ZERO = Float32Array.of(0, 0);
const WEIGHTS: [string, Float32Array][] = [
  ...["net.0", "net.2", "net.5"].flatMap((name): [string, Float32Array][] => [
    [`${name}.weight`, IDENTITY],
    [`${name}.bias`, ZERO],
  ]),
  ["net.3.weight", Float32Array.of(2, 1)],
  ["net.3.bias", Float32Array.of(0, -1)],
];

Deno.test("mlp: training normalises with the biased moments of the batch", async () => {
  const net = mlp("net", NORMALISED);
  const run = await prepareInOrt(graphOf(net, 4, "train"));
  const statistics: [string, Float32Array][] = net.statistics.map((
    { name },
  ) => [name, Float32Array.of(9, 9)]);
  const x = Float32Array.of(1, 0, 3, 0, 5, 4, 7, 4);
  const outputs = await run(new Map([...WEIGHTS, ...statistics, ["x", x]]));
  assert.deepEqual([...outputs.get("mean_0")!], [4, 2]);
  assert.deepEqual([...outputs.get("variance_0")!], [5, 4]);
  const expected = [1, 3, 5, 7].flatMap((a, i) => {
    const first = 2 * (a - 4) / Math.sqrt(5 + 1e-5);
    const second = (i < 2 ? -2 : 2) / Math.sqrt(4 + 1e-5) - 1;
    return [first, second].map((value) => value < 0 ? 0.25 * value : value);
  });
  // Measured: 1.5e-7.
  expected.forEach((value, i) => assert.ok(Math.abs(outputs.get("y")![i]! - value) < 1e-6, `entry ${i}`));
});

Deno.test("mlp: inference normalises with the running statistics, whatever the batch", async () => {
  const net = mlp("net", NORMALISED);
  const run = await prepareInOrt(graphOf(net, 1, "infer"));
  const outputs = await run(
    new Map([
      ...WEIGHTS,
      ["net.3.running_mean", Float32Array.of(1, 2)],
      ["net.3.running_var", Float32Array.of(16, 4)],
      ["x", Float32Array.of(3, 8)],
    ]),
  );
  const expected = [2 * 2 / Math.sqrt(16 + 1e-5), 6 / Math.sqrt(4 + 1e-5) - 1];
  // Measured: 1.7e-7.
  expected.forEach((value, i) => assert.ok(Math.abs(outputs.get("y")![i]! - value) < 1e-6, `entry ${i}`));
});

Deno.test("mlp: a bounded output ends in tanh", () => {
  const ops = graphOf(mlp("net", { ...NORMALISED, output: "tanh" }), 3, "infer").nodes.map(({ op }) => op);
  assert.equal(ops.at(-1), "Tanh");
});
