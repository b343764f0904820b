import assert from "node:assert/strict";
import { Tensor } from "onnxruntime-node";
import { buildArtifacts } from "../../models/artifacts.ts";
import { criticOnnx } from "../../models/critic_file.ts";
import { buildLayout, views } from "../../models/layout.ts";
import { mlp } from "../../models/nets/mlp.ts";
import { wgan } from "../../models/objectives/wgan.ts";
import { decodeModel } from "../../onnx/codec.ts";
import { fillUniform } from "../../random/philox.ts";
import { openSession } from "./onnx_runtime.ts";

Deno.test("critic file: gives the scores of x W^T + b with the weights that were put in", async () => {
  const { manifest, files } = await buildArtifacts({
    critic: mlp("critic", { widths: [6, 1], batch_norm: false, slope: 0.2, output: "linear" }),
    generator: mlp("generator", { widths: [3, 6], batch_norm: false, slope: 0.2, output: "tanh" }),
    objective: wgan,
    micro_batch: 4,
  });
  const critic = new Float32Array(manifest.layouts.critic.size), examples = new Float32Array(5 * 6);
  fillUniform(critic, { seed: 4, purpose: "probe", counter: 0, shard: 0 }, -1, 1);
  fillUniform(examples, { seed: 4, purpose: "probe", counter: 1, shard: 0 }, -1, 1);
  const bytes = criticOnnx(manifest, files.get(manifest.graphs.critic_eval_model.file)!, critic, {
    ...{ example_shape: [2, 3], value_range: [-1, 1], producer_version: "1.2.3" },
  });
  const session = await openSession(bytes);
  assert.deepEqual([session.inputNames, session.outputNames], [["examples"], ["scores"]]);
  const { scores } = await session.run({ examples: new Tensor("float32", examples, [5, 6]) });
  assert.deepEqual(scores!.dims, [5, 1]);
  const data = views(buildLayout(manifest.layouts.critic.slots), critic);
  const [weight, bias] = manifest.layouts.critic.slots.map(({ name }) => data.get(name)!);
  for (let i = 0; i < 5; i++) {
    const expected = bias![0]! + weight!.reduce((sum, w, j) => sum + w * examples[6 * i + j]!, 0);
    // Measured: 1.2e-7.
    assert.ok(Math.abs((scores!.data as Float32Array)[i]! - expected) < 1e-6, `score ${i}`);
  }
  const { metadata } = decodeModel(bytes);
  assert.deepEqual([metadata.get("example_shape"), metadata.get("value_range")], ["2,3", "-1,1"]);
});
