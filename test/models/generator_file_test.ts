import assert from "node:assert/strict";
import { Tensor } from "onnxruntime-node";
import { buildArtifacts } from "../../models/artifacts.ts";
import { generatorOnnx } from "../../models/generator_file.ts";
import { initialState } from "../../models/initialise.ts";
import { buildLayout, views } from "../../models/layout.ts";
import { mlp } from "../../models/nets/mlp.ts";
import { buildNetworks } from "../../models/nets/networks.ts";
import { wgan } from "../../models/objectives/wgan.ts";
import { decodeModel } from "../../onnx/codec.ts";
import { fillUniform } from "../../random/philox.ts";
import { openSession } from "./onnx_runtime.ts";

const PAIR = {
  critic: mlp("critic", { widths: [6, 5, 1], batch_norm: false, slope: 0.2, output: "linear" }),
  generator: mlp("generator", { widths: [3, 8, 7, 6], batch_norm: true, slope: 0.2, output: "tanh" }),
  objective: wgan,
  micro_batch: 4,
};
const OPTIONS = { example_shape: [2, 3], value_range: [-1, 1], producer_version: "1.2.3" } as const;
const SAMPLES = 5;

async function example() {
  const { manifest, files } = await buildArtifacts(PAIR);
  const { generator, statistics } = initialState(PAIR, 4);
  fillUniform(statistics, { seed: 4, purpose: "probe", counter: 0, shard: 0 }, 0.5, 2);
  const sampler = files.get(manifest.graphs.sampler_model.file)!;
  return { manifest, sampler, generator, statistics };
}

function floats(values: Float32Array, dims: readonly number[]): Tensor {
  return new Tensor("float32", values, dims);
}

Deno.test("generator file: gives the same samples as the sampler that is fed with the weights", async () => {
  const { manifest, sampler, generator, statistics } = await example();
  const noise = new Float32Array(SAMPLES * 3);
  fillUniform(noise, { seed: 4, purpose: "probe", counter: 1, shard: 0 }, -2, 2);
  const alone = await openSession(generatorOnnx(manifest, sampler, generator, statistics, OPTIONS));
  assert.deepEqual([alone.inputNames, alone.outputNames], [["noise"], ["samples"]]);
  const samples = (await alone.run({ noise: floats(noise, [SAMPLES, 3]) })).samples!;

  const fed = Object.fromEntries(
    ([["generator", generator], ["statistics", statistics]] as const).flatMap(([state, buffer]) => {
      const { slots } = manifest.layouts[state];
      const data = views(buildLayout(slots), buffer);
      return slots.map(({ name, shape }) => [name, floats(data.get(name)!, shape)] as const);
    }),
  );
  const outputs = await (await openSession(sampler)).run({ ...fed, noise: floats(noise, [SAMPLES, 3]) });
  assert.deepEqual(samples.dims, [SAMPLES, 6]);
  const expected = outputs.samples!.data as Float32Array;
  // Measured: 0. Folding constants may round once more elsewhere.
  (samples.data as Float32Array).forEach((value, i) => {
    assert.ok(Math.abs(value - expected[i]!) < 1e-7, `sample ${i}: ${value} and ${expected[i]}`);
  });
});

Deno.test("generator file: says how to read its samples, and who made it", async () => {
  const { manifest, sampler, generator, statistics } = await example();
  const model = decodeModel(generatorOnnx(manifest, sampler, generator, statistics, OPTIONS));
  assert.deepEqual(
    model.metadata,
    new Map([
      ["objective", "wgan"],
      ["noise", "standard normal, [N, 3]"],
      ["example_shape", "2,3"],
      ["value_range", "-1,1"],
      ["byte", "round(255 * (value - low) / (high - low)), at least 0 and at most 255"],
    ]),
  );
  assert.deepEqual([model.producer_name, model.producer_version], ["wagon", "1.2.3"]);
  const plain = generatorOnnx(manifest, sampler, generator, statistics, { ...OPTIONS, value_range: null });
  assert.equal(decodeModel(plain).metadata.has("value_range"), false);
});

Deno.test("generator file: refuses a buffer of another length", async () => {
  const { manifest, sampler, generator, statistics } = await example();
  assert.throws(() => generatorOnnx(manifest, sampler, generator, statistics.subarray(1), OPTIONS), {
    name: "RangeError",
    message: "Cannot view a flat buffer: its length must be 14 elements, found 13",
  });
});

Deno.test("generator file: takes the class of each sample as int64, and names the classes", async () => {
  const class_names = ["cat", "dog", "ant"];
  const networks = buildNetworks({
    generator: {
      widths: [3 + 2, 8, 6],
      batch_norm: false,
      slope: 0.2,
      output: "tanh",
      embedding: { num_classes: 3, features: 2 },
    },
    critic: { widths: [6, 5, 1], batch_norm: false, slope: 0.2, output: "linear", num_classes: 3 },
  });
  const { manifest, files } = await buildArtifacts({ ...networks, objective: wgan, micro_batch: 4 });
  const { generator, statistics } = initialState(networks, 4);
  const sampler = files.get(manifest.graphs.sampler_model.file)!;
  const bytes = generatorOnnx(manifest, sampler, generator, statistics, { ...OPTIONS, class_names });
  const { metadata, graph } = decodeModel(bytes);
  assert.deepEqual(
    [metadata.get("class_names"), metadata.get("label")],
    ['["cat","dog","ant"]', "number of the class, int64 [N], 0 to 2"],
  );
  assert.deepEqual(graph.types.get("label"), { element: "int64", shape: ["N"] });
  const noise = new Float32Array(4 * 3).fill(0.5), labels = [2, 0, 2, 1];
  const session = await openSession(bytes);
  const { samples } = await session.run({
    noise: floats(noise, [4, 3]),
    label: new Tensor("int64", BigInt64Array.from(labels, BigInt), [4]),
  });
  const rows = labels.map((_, i) => [...(samples!.data as Float32Array).subarray(6 * i, 6 * i + 6)]);
  assert.deepEqual(rows[0], rows[2]);
  assert.notDeepEqual(rows[0], rows[1]);
  assert.notDeepEqual(rows[1], rows[3]);
});
