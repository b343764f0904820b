import assert from "node:assert/strict";
import { buildArtifacts } from "../../models/artifacts.ts";
import { compileForward, compileTraining } from "../../models/compile.ts";
import { dcganCritic, dcganGenerator } from "../../models/nets/dcgan.ts";
import { wganGp } from "../../models/objectives/wgan_gp.ts";
import { TAIL } from "../../models/tail.ts";
import {
  criticEvalGraph,
  criticTrainingGraph,
  generatorForwardGraph,
  generatorTrainingGraph,
  type Pair,
  samplerGraph,
} from "../../models/training_graphs.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import { printGraph } from "../../onnx/text.ts";

const IMAGES = { side: 8, channels: 1, width: 4 };
const PAIR: Pair = {
  critic: dcganCritic("critic", { kind: "dcgan_critic", batch_norm: false, ...IMAGES }),
  generator: dcganGenerator("generator", { kind: "dcgan_generator", latent: 4, ...IMAGES }),
  objective: wganGp(10),
  micro_batch: 4,
};

Deno.test("compile: what is compiled stays as it is when it is compiled again", () => {
  const builders = [
    criticTrainingGraph,
    generatorTrainingGraph,
    generatorForwardGraph,
    criticEvalGraph,
    samplerGraph,
  ];
  for (const build of builders) {
    const graph = build(PAIR);
    assert.equal(printGraph(compileForward(graph)), printGraph(graph));
  }
});

Deno.test("compile: gradients stand behind the loss, in the order asked for, before the other outputs", () => {
  const b = new GraphBuilder("g");
  const x = b.input("x", "float32", []), y = b.input("y", "float32", []);
  b.output(b.op("Mul", [x, b.op("Selu", [y])]), "loss");
  b.output(b.op("Add", [x, y]), "other");
  const graph = compileTraining(b.build(), ["y", "x"]);
  assert.deepEqual(graph.outputs, ["loss", "y_grad", "x_grad", "other"]);
  assert.ok(!graph.nodes.some(({ op }) => op === "Selu"));
});

Deno.test("tail: a result's numbers lie where TAIL says, the generator's statistics behind them", async () => {
  const { graphs, layouts } = (await buildArtifacts(PAIR)).manifest;
  const critic = graphs.critic_training_model, generator = graphs.generator_training_model;
  const at = ({ outputs, tail_offset }: typeof critic) =>
    Object.fromEntries(outputs.map(({ name, offset }) => [name, offset - tail_offset]));
  const { statistics, ...means } = TAIL.generator;
  for (const [name, place] of Object.entries(TAIL.critic)) assert.equal(at(critic)[name], place, name);
  for (const [name, place] of Object.entries(means)) assert.equal(at(generator)[name], place, name);
  for (const { name, offset } of layouts.statistics.slots) {
    assert.equal(at(generator)[name], statistics + offset, name);
  }
  assert.equal(critic.size - critic.tail_offset, Object.keys(TAIL.critic).length);
});
