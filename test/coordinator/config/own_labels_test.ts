/** Networks from files that take labels as a second input. */
import assert from "node:assert/strict";
import { openOwnNetworks } from "../../../coordinator/config/own_networks.ts";
import { buildArtifacts } from "../../../models/artifacts.ts";
import { objectiveOf } from "../../../models/objectives/objectives.ts";
import { criticTrainingGraph, generatorTrainingGraph } from "../../../models/training_graphs.ts";
import { GraphBuilder } from "../../../onnx/builder.ts";
import {
  CLASSES,
  FEATURES,
  labelledCritic,
  labelledGenerator,
  LATENT,
  modelBytes,
} from "../../models/import/labelled_networks.ts";
import { openSession } from "../../models/onnx_runtime.ts";
import { seededNumbers } from "../../reference/seeded.ts";
import { Tensor } from "onnxruntime-node";

const N = 6;

const own = (critic_graph = labelledCritic()) =>
  openOwnNetworks({
    generator: modelBytes(labelledGenerator()),
    critic: modelBytes(critic_graph),
    trainable: [],
  });

Deno.test("own networks with labels: every weight has a gradient, and a penalty goes through the critic", async () => {
  const networks = own();
  assert.equal(networks.takes_labels, true);
  const objective = objectiveOf({ objective: "wgan-gp", penalty: 10 });
  const pair = { ...networks.pairFor([FEATURES], "wgan-gp", CLASSES), objective, micro_batch: N };
  // Examples that only their labels tell apart from others do not couple them.
  assert.deepEqual([pair.critic.coupling, pair.critic.num_classes], [undefined, CLASSES]);
  assert.deepEqual(pair.critic.parameters.map(({ name }) => name).sort(), [
    "critic.hidden",
    "critic.out",
    "critic.projection",
  ]);
  assert.ok(generatorTrainingGraph(pair).outputs.includes("generator.embedding_grad"));
  assert.ok(criticTrainingGraph(pair).outputs.includes("critic.projection_grad"));
  assert.equal((await buildArtifacts(pair)).manifest.num_classes, CLASSES);
});

Deno.test("own networks with labels: the sampler makes of noise and labels what the file makes", async () => {
  const pair = {
    ...own().pairFor([FEATURES], "wgan", CLASSES),
    objective: objectiveOf({ objective: "wgan", penalty: null }),
    micro_batch: N,
  };
  const { manifest, files } = await buildArtifacts(pair);
  const noise = new Tensor("float32", Float32Array.from(seededNumbers(9, N * LATENT, -1, 1)), [N, LATENT]);
  const labels = [2, 0, 1, 1, 0, 2];
  const file = await openSession(modelBytes(labelledGenerator()));
  const expected = await file.run({
    noise,
    class: new Tensor("int64", BigInt64Array.from(labels, BigInt), [N]),
  });
  const sampler = await openSession(files.get(manifest.graphs.sampler_model.file)!);
  const weights = Object.fromEntries(pair.generator.parameters.map(({ name, shape, initialiser }) => {
    assert.ok(initialiser.kind === "given");
    return [name, new Tensor("float32", initialiser.values, shape)];
  }));
  const found = await sampler.run({
    noise,
    label: new Tensor("float32", Float32Array.from(labels), [N]),
    ...weights,
  });
  const [a, b] = [found.samples!, expected.y!].map(({ data }) => data as Float32Array) as [
    Float32Array,
    Float32Array,
  ];
  // Measured: 0.
  a.forEach((value, i) => assert.ok(Math.abs(value - b[i]!) < 1e-6, `${i}`));
});

Deno.test("own networks with labels: both take them, and there are rows for all classes", () => {
  assert.throws(() => own(labelledCritic({ takes_labels: false })), {
    name: "UserError",
    message:
      "Cannot use own networks: both must take labels, or none, found that generator.onnx takes them and critic.onnx does not; " +
      "export both with a second input int64 [batch]",
  });
  assert.throws(() => own().pairFor([FEATURES], "wgan", CLASSES + 1), {
    name: "UserError",
    message:
      "Cannot use generator.onnx: a network for 4 classes is required, because the data have as many, found one for 3; export it with an " +
      "embedding of 4 rows",
  });
  const b = new GraphBuilder("critic");
  const x = b.input("x", "float32", ["batch", FEATURES]), label = b.input("class", "int64", ["batch", 1]);
  b.output(b.op("Add", [x, b.op("Cast", [label], { to: 1 })]), "y");
  assert.throws(() => own(b.build()), {
    message:
      "Cannot import critic.onnx: it must have one input, found x, class; export the network so that it takes one tensor, " +
      "and labels as int64 [batch] if it takes any",
  });
});
