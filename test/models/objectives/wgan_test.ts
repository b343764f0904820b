import assert from "node:assert/strict";
import { initialState } from "../../../models/initialise.ts";
import { buildLayout, views } from "../../../models/layout.ts";
import { mlp } from "../../../models/nets/mlp.ts";
import type { Net } from "../../../models/nets/net.ts";
import { wgan } from "../../../models/objectives/wgan.ts";
import type { Graph } from "../../../onnx/graph.ts";
import { criticTrainingGraph, generatorTrainingGraph, type Pair } from "../../../models/training_graphs.ts";
import { fillUniform } from "../../../random/philox.ts";
import { prepareInOrt } from "../onnx_runtime.ts";
import type { FloatArray } from "../wgan_training.ts";

const MICRO_BATCH = 6;
const CRITIC = mlp("critic", { widths: [5, 8, 7, 1], batch_norm: false, slope: 0.2, output: "linear" });
const GENERATOR = mlp("generator", { widths: [3, 6, 6, 5], batch_norm: true, slope: 0.2, output: "tanh" });

function pairWith(critic: Net): Pair {
  return { critic, generator: GENERATOR, objective: wgan, micro_batch: MICRO_BATCH };
}

/** The same critic, said to depend on its batch: it must see real and fake apart. */
const APART: Net = {
  ...CRITIC,
  statistics: [{ name: "s", shape: [1], initialiser: { kind: "constant", value: 0 } }],
};

function inputs(): Map<string, FloatArray> {
  const { critic, generator } = initialState(pairWith(CRITIC), 8);
  const batch = (features: number, counter: number) => {
    const values = new Float32Array(MICRO_BATCH * features);
    fillUniform(values, { seed: 8, purpose: "probe", counter, shard: 0 }, -1, 1);
    return values;
  };
  return new Map([
    ...views(buildLayout(CRITIC.parameters), critic),
    ...views(buildLayout(GENERATOR.parameters), generator),
    ["real", batch(5, 0)],
    ["fake", batch(5, 1)],
    ["noise", batch(3, 2)],
  ]);
}

function count(graph: Graph, op: string): number {
  return graph.nodes.filter((node) => node.op === op).length;
}

Deno.test("wgan: one pass over real and fake gives what two passes give", async () => {
  const joined_graph = criticTrainingGraph(pairWith(CRITIC)),
    apart_graph = criticTrainingGraph(pairWith(APART));
  assert.equal(count(joined_graph, "LeakyRelu"), 2);
  assert.equal(count(apart_graph, "LeakyRelu"), 4);
  assert.deepEqual(joined_graph.outputs, apart_graph.outputs);
  const joined = await (await prepareInOrt(joined_graph))(inputs());
  const apart = await (await prepareInOrt(apart_graph))(inputs());
  assert.deepEqual([...joined.keys()].sort(), [...apart.keys()].sort());
  for (const [name, values] of joined) {
    const others = apart.get(name)!;
    const difference = Math.max(...values.map((value, i) => Math.abs(value - others[i]!)));
    const largest = Math.max(...others.map(Math.abs));
    // Measured: 2e-7 of the largest entry. The gradient of the last bias is 1 - 1 and has no scale of its own.
    const scale = name === "critic.4.bias_grad" ? 1 : largest;
    assert.ok(difference <= 1e-6 * scale, `${name} differs by ${difference} of ${largest}`);
  }
});

Deno.test("wgan: losses are high on real, and the generator's is the mirror of the critic's mean on fake", async () => {
  const critic = await (await prepareInOrt(criticTrainingGraph(pairWith(CRITIC))))(inputs());
  const [loss, mean_D_real, mean_D_fake] = ["loss", "mean_D_real", "mean_D_fake"].map((name) =>
    critic.get(name)![0]!
  );
  assert.equal(loss, Math.fround(mean_D_fake! - mean_D_real!));
  assert.notEqual(mean_D_fake, mean_D_real);
  const generator = await (await prepareInOrt(generatorTrainingGraph(pairWith(CRITIC))))(inputs());
  assert.equal(generator.get("loss")![0], -generator.get("mean_D_fake")![0]!);
});
