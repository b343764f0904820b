import assert from "node:assert/strict";
import { encodeSafetensors, type SafetensorsTensor } from "../../common/files/safetensors.ts";
import { buildArtifacts } from "../../models/artifacts.ts";
import { generatorAt } from "../../models/generator_at.ts";
import { generatorOnnx } from "../../models/generator_file.ts";
import { initialState } from "../../models/initialise.ts";
import { views } from "../../models/layout.ts";
import { mlp } from "../../models/nets/mlp.ts";
import { wgan } from "../../models/objectives/wgan.ts";

const PAIR = {
  critic: mlp("critic", { widths: [6, 5, 1], batch_norm: false, slope: 0.2, output: "linear" }),
  generator: mlp("generator", { widths: [3, 8, 7, 6], batch_norm: true, slope: 0.2, output: "tanh" }),
  objective: wgan,
  micro_batch: 4,
};

Deno.test("generator.onnx at a checkpoint is what the run would have written then, from the average where there is one", async () => {
  const { manifest, files } = await buildArtifacts(PAIR);
  const sampler = files.get(manifest.graphs.sampler_model.file)!;
  const written = (weights: Float32Array, statistics: Float32Array) =>
    generatorOnnx(manifest, sampler, weights, statistics, {
      ...{ example_shape: [2, 3], value_range: [-1, 1], producer_version: "1.2.3" },
    });
  const { generator, statistics } = initialState(PAIR, 4), early = initialState(PAIR, 5);
  early.statistics.fill(0.5);
  const checkpoint = (prefix: string) => {
    const tensors = new Map<string, SafetensorsTensor>();
    const put = (before: string, name: "generator" | "statistics", buffer: Float32Array) => {
      const data = views(manifest.layouts[name], buffer);
      for (const { name: slot, shape } of manifest.layouts[name].slots) {
        tensors.set(before + slot, { shape, data: data.get(slot)! });
      }
    };
    put("", "generator", generator);
    put(prefix, "generator", early.generator);
    put("", "statistics", early.statistics);
    return new Uint8Array(encodeSafetensors({ tensors, metadata: new Map() }));
  };
  const last = written(generator, statistics), expected = written(early.generator, early.statistics);
  assert.notDeepEqual(last, expected);
  for (const prefix of ["", "averaged."]) {
    assert.deepEqual(generatorAt(last, checkpoint(prefix)), expected, prefix);
  }
});

Deno.test("a checkpoint of other networks is refused", async () => {
  const { manifest, files } = await buildArtifacts(PAIR);
  const { generator, statistics } = initialState(PAIR, 4);
  const file = generatorOnnx(manifest, files.get("sampler_model.onnx")!, generator, statistics, {
    ...{ example_shape: [6], value_range: null, producer_version: "1" },
  });
  const checkpoint = (name: string) =>
    new Uint8Array(encodeSafetensors({
      tensors: new Map([[name, { shape: [2], data: new Float32Array(2) }]]),
      metadata: new Map(),
    }));
  assert.throws(() => generatorAt(file, checkpoint("other")), {
    name: "RangeError",
    message: "The checkpoint must have the generator's tensors, found none of them",
  });
  assert.throws(() => generatorAt(file, checkpoint("generator.0.weight")), {
    name: "RangeError",
    message: "Tensor generator.0.weight of the checkpoint must have 24 float32 values, found 2",
  });
});
