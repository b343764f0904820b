import assert from "node:assert/strict";
import { numElements } from "../../../common/shape.ts";
import { initialiseParameters } from "../../../models/initialise.ts";
import { buildLayout, views } from "../../../models/layout.ts";
import { dcganCritic, dcganGenerator } from "../../../models/nets/dcgan.ts";
import { dependsOnBatch, type Net } from "../../../models/nets/net.ts";
import { GraphBuilder } from "../../../onnx/builder.ts";
import { prepareInOrt } from "../onnx_runtime.ts";

const generatorOf = (side: number, channels: number, width = 64, latent = 100) =>
  dcganGenerator("generator", { kind: "dcgan_generator", latent, side, channels, width });
const criticOf = (side: number, channels: number, batch_norm = true, width = 64) =>
  dcganCritic("critic", { kind: "dcgan_critic", side, channels, width, batch_norm });
const size = ({ parameters }: Net) => buildLayout(parameters).size;

Deno.test("dcgan: the pair of the WGAN authors has exactly the published numbers of parameters", () => {
  assert.deepEqual([size(generatorOf(64, 3)), size(criticOf(64, 3))], [3_576_704, 2_765_568]);
  // One channel less two: 2 x 64 x 16 fewer at the image; without batch normalisation 2 (128 + 256 + 512) fewer.
  assert.deepEqual([size(generatorOf(64, 1)), size(criticOf(64, 1))], [3_574_656, 2_763_520]);
  assert.equal(size(criticOf(64, 3, false)), 2_765_568 - 1_792);
  // 32 x 32: (100 x 256 + 256 x 128 + 128 x 64 + 64) x 16 + 2 (256 + 128 + 64) and its mirror image.
  assert.deepEqual([size(generatorOf(32, 1)), size(criticOf(32, 1))], [1_066_880, 661_248]);
});

Deno.test("dcgan: tensors are named and shaped as those of torch.nn.Sequential", () => {
  const named = ({ parameters, statistics }: Net) =>
    [...parameters, ...statistics].map(({ name, shape }) => `${name} [${shape}]`);
  assert.deepEqual(named(generatorOf(16, 3, 8, 5)), [
    "generator.0.weight [5,16,4,4]",
    "generator.1.weight [16]",
    "generator.1.bias [16]",
    "generator.3.weight [16,8,4,4]",
    "generator.4.weight [8]",
    "generator.4.bias [8]",
    "generator.6.weight [8,3,4,4]",
    "generator.1.running_mean [16]",
    "generator.1.running_var [16]",
    "generator.4.running_mean [8]",
    "generator.4.running_var [8]",
  ]);
  assert.deepEqual(named(criticOf(16, 3, true, 8)), [
    "critic.0.weight [8,3,4,4]",
    "critic.2.weight [16,8,4,4]",
    "critic.3.weight [16]",
    "critic.3.bias [16]",
    "critic.5.weight [1,16,4,4]",
    "critic.3.running_mean [16]",
    "critic.3.running_var [16]",
  ]);
  assert.ok(!dependsOnBatch(criticOf(16, 3, false)));
});

Deno.test("dcgan: sides that are not 4 times a power of two are refused", () => {
  for (const side of [4, 12, 28, 33, 0]) {
    assert.throws(() => criticOf(side, 1), {
      name: "RangeError",
      message:
        "Cannot build a DCGAN: images must have a side of 8, 16, 32, 64, ... pixels, and at least one channel and " +
        `feature map, found ${side} pixels, 1 and 64`,
    });
  }
});

Deno.test("dcgan: kernels begin as N(0, 0.02), scales as N(1, 0.02), shifts as 0", () => {
  const net = generatorOf(64, 3);
  const tensors = views(buildLayout(net.parameters), initialiseParameters(net.parameters, 5, "generator"));
  const moments = (name: string) => {
    const values = tensors.get(name)!;
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return [mean, Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)];
  };
  // Four standard errors of 819,200 and of 512 numbers.
  for (
    const [name, mean, count] of [["generator.0.weight", 0, 819_200], ["generator.1.weight", 1, 512]] as const
  ) {
    const [found, deviation] = moments(name) as [number, number];
    assert.ok(Math.abs(found - mean) < 4 * 0.02 / Math.sqrt(count), `${name} has mean ${found}`);
    assert.ok(
      Math.abs(deviation / 0.02 - 1) < 4 / Math.sqrt(2 * count),
      `${name} has deviation ${deviation}`,
    );
  }
  assert.ok(tensors.get("generator.1.bias")!.every((value) => value === 0));
});

/** Runs a net on `rows` of inputs with its initial weights; its statistics are given. */
async function run(net: Net, use: "train" | "infer", x: Float32Array, statistics = [0, 1]) {
  const b = new GraphBuilder(use);
  const rows = x.length / numElements(net.input_shape);
  const input = b.input("x", "float32", [rows, ...net.input_shape]);
  for (const { name, shape } of [...net.parameters, ...net.statistics]) b.input(name, "float32", shape);
  if (use === "infer") b.output(net.forwardEval(b, input), "y");
  else {
    const { output, moments } = net.forwardTrain(b, input);
    b.output(output, "y");
    moments.forEach(({ mean, variance, positions }, i) => {
      b.output(mean, `mean_${i}`);
      b.output(variance, `variance_${i}_${positions}`);
    });
  }
  const execute = await prepareInOrt(b.build());
  const weights = views(buildLayout(net.parameters), initialiseParameters(net.parameters, 3, "generator"));
  const running = net.statistics.map(({ name, shape }, i) =>
    [name, new Float32Array(shape[0]!).fill(statistics[i % 2]!)] as const
  );
  return await execute(new Map([...weights, ...running, ["x", x]]));
}

Deno.test("dcgan: a generator makes images in [-1, 1], whose moments go over the pixels of each map", async () => {
  const net = generatorOf(16, 3, 8, 5);
  const outputs = await run(net, "train", Float32Array.from({ length: 20 }, (_, i) => Math.sin(i)));
  assert.deepEqual([...outputs.keys()].sort(), ["mean_0", "mean_1", "variance_0_16", "variance_1_64", "y"]);
  assert.equal(outputs.get("y")!.length, 4 * 3 * 16 * 16);
  assert.ok(outputs.get("y")!.every((value) => Math.abs(value) <= 1));
  assert.ok(outputs.get("variance_0_16")!.every((value) => value > 0));
  assert.equal(outputs.get("mean_1")!.length, 8);
});

Deno.test("dcgan: with running statistics each example is by itself, and scaled by them", async () => {
  const net = generatorOf(8, 1, 4, 3);
  const z = Float32Array.from({ length: 6 }, (_, i) => Math.cos(i));
  const both = (await run(net, "infer", z)).get("y")!;
  const second = (await run(net, "infer", z.slice(3))).get("y")!;
  // Measured: 0, one unit is 6e-8.
  assert.ok(second.every((value, i) => Math.abs(value - both[64 + i]!) <= 6e-7));
  const wider = (await run(net, "infer", z, [0, 4])).get("y")!;
  assert.notDeepEqual(wider, both);
});

Deno.test("dcgan: a critic gives one number for each image", async () => {
  const images = Float32Array.from({ length: 2 * 3 * 16 * 16 }, (_, i) => Math.sin(7 * i));
  for (const batch_norm of [true, false]) {
    const outputs = await run(criticOf(16, 3, batch_norm, 4), "train", images);
    assert.equal(outputs.get("y")!.length, 2);
    assert.equal(outputs.has("variance_0_16"), batch_norm);
  }
});
