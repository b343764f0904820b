/** Pairs that take labels: their gradients, and what labels do to scores and samples. */
import assert from "node:assert/strict";
import { buildArtifacts } from "../../../models/artifacts.ts";
import { parseManifest } from "../../../models/manifest_check.ts";
import type { MlpConfig } from "../../../models/nets/mlp.ts";
import { buildNetworks, type Networks } from "../../../models/nets/networks.ts";
import { objectiveOf } from "../../../models/objectives/objectives.ts";
import { weightTensors } from "../../../models/nets/spectral_norm.ts";
import {
  criticEvalGraph,
  criticTrainingGraph,
  generatorTrainingGraph,
} from "../../../models/training_graphs.ts";
import type { Graph } from "../../../onnx/graph.ts";
import { differenceError } from "../../autodiff/checking.ts";
import { interpret } from "../../reference/interpreter.ts";
import { type RefTensor, refTensor, sizeOf } from "../../reference/ref_tensor.ts";
import { seededNumbers } from "../../reference/seeded.ts";

const N = 4;
/** One class twice, and one not at all. */
const LABELS = [2, 0, 2, 1];
const NUM_CLASSES = 4;
const embedding = { num_classes: NUM_CLASSES, features: 3 };

// Slopes without kinks, which differences would see.
const MLP: Networks = {
  generator: { widths: [5, 4, 6], batch_norm: true, slope: 1, output: "tanh", embedding },
  critic: { widths: [6, 5, 1], batch_norm: false, slope: 1, output: "linear", num_classes: NUM_CLASSES },
};
const IMAGES = { side: 8, channels: 1, width: 1 };
const CONVOLUTIONAL: Networks = {
  generator: { kind: "dcgan_generator", latent: 5, embedding, ...IMAGES },
  critic: { kind: "dcgan_critic", batch_norm: false, num_classes: NUM_CLASSES, ...IMAGES },
};

const RESIDUAL: Networks = {
  generator: { kind: "resnet_generator", latent: 5, embedding, side: 16, channels: 1, width: 1 },
  critic: { kind: "resnet_critic", pool: "sum", num_classes: NUM_CLASSES, side: 16, channels: 1, width: 1 },
};

function pairOf(networks: Networks, objective: "wgan-gp" | "gan") {
  const penalty = objective === "gan" ? null : 10;
  const pair = { ...buildNetworks(networks), objective: objectiveOf({ objective, penalty }), micro_batch: N };
  return { ...pair, element: "float64" } as const;
}

/** Numbers for each input; the labels for theirs. */
function feedsOf({ inputs, types }: Graph, labels = LABELS): Map<string, RefTensor> {
  return new Map(inputs.map((name, i) => {
    const shape = types.get(name)!.shape as readonly number[];
    const numbers = name === "label" ? labels : seededNumbers(i + 1, sizeOf(shape), -0.7, 0.7);
    return [name, refTensor("float64", shape, numbers)];
  }));
}

// Measured: at most 2.1e-8.
const PAIRS = [
  [MLP, "wgan-gp"],
  [MLP, "gan"],
  [CONVOLUTIONAL, "wgan-gp"],
  [RESIDUAL, "gan"],
] as const;
for (const [networks, objective] of PAIRS) {
  const kind = networks === MLP ? "MLP" : networks === RESIDUAL ? "residual" : "convolutional";
  Deno.test(`${kind} with labels, ${objective}: gradients are those of central differences`, () => {
    const pair = pairOf(networks, objective);
    for (const network of networks === MLP ? ["critic", "generator"] as const : ["critic"] as const) {
      const graph = network === "critic" ? criticTrainingGraph(pair) : generatorTrainingGraph(pair);
      const names = pair[network].parameters.map(({ name }) => name);
      const tables = names.filter((name) => /embedding|projection/.test(name));
      assert.equal(tables.length, 1);
      // Of the convolutional critic, only what labels add: differences of all take long.
      const wrt = networks === MLP ? names : tables;
      const error = differenceError({ graph, feeds: feedsOf(graph), wrt }, "loss", "_grad");
      assert.ok(error <= 2e-7, `${network} off by ${error}`);
    }
  });
}

Deno.test("a class that is not in a batch has no gradient, and one that is has", () => {
  const graph = criticTrainingGraph(pairOf(MLP, "gan"));
  const gradient = interpret(graph, feedsOf(graph)).get("critic.projection.weight_grad")!.data;
  const rows = Array.from(
    { length: NUM_CLASSES },
    (_, row) => Array.from(gradient, Number).slice(5 * row, 5 * row + 5),
  );
  assert.deepEqual(rows.map((row) => row.some((value) => value !== 0)), [true, true, true, false]);
});

Deno.test("a label adds the inner product of its class's vector and the features to the score", () => {
  const graph = criticEvalGraph(pairOf(MLP, "gan"));
  // The number of examples is open in this graph.
  const shape = (name: string) => graph.types.get(name)!.shape.map((dim) => dim === "N" ? N : Number(dim));
  const feeds = (labels: readonly number[]) =>
    new Map(graph.inputs.map((name, i) => {
      const numbers = name === "label" ? labels : seededNumbers(i + 1, sizeOf(shape(name)), -0.7, 0.7);
      return [name, refTensor("float64", shape(name), numbers)];
    }));
  const scores = (labels: readonly number[]) =>
    Array.from(interpret(graph, feeds(labels)).get("scores")!.data, Number);
  const at = (name: string) => Array.from(feeds(LABELS).get(name)!.data, Number);
  // The first layer by hand: slope 1 leaves its activation out.
  const [x, weight, bias, table] = ["real", "critic.0.weight", "critic.0.bias", "critic.projection.weight"]
    .map(at);
  const features = (n: number) =>
    Array.from(
      { length: 5 },
      (_, k) => weight!.slice(6 * k, 6 * k + 6).reduce((sum, w, i) => sum + w * x![6 * n + i]!, bias![k]!),
    );
  const product = (n: number, label: number) =>
    features(n).reduce((sum, value, k) => sum + value * table![5 * label + k]!, 0);
  const [some, others] = [scores(LABELS), scores([0, 3, 1, 2])];
  for (const [n, label] of [0, 3, 1, 2].entries()) {
    const expected = product(n, label) - product(n, LABELS[n]!);
    assert.ok(Math.abs(others[n]! - some[n]! - expected) < 1e-12, `${n}`);
  }
});

Deno.test("the manifest says how many classes there are, and every graph takes labels", async () => {
  const { element: _element, ...pair } = pairOf(MLP, "wgan-gp");
  const { manifest } = await buildArtifacts(pair);
  assert.equal(manifest.num_classes, NUM_CLASSES);
  for (const { inputs } of Object.values(manifest.graphs)) {
    const batch = inputs[0]!.shape[0]!;
    assert.deepEqual(inputs.filter(({ source }) => source === "label"), [{
      name: "label",
      shape: [batch],
      source: "label",
    }]);
  }
  assert.deepEqual(parseManifest(JSON.parse(JSON.stringify(manifest))), manifest);
  const { num_classes: _num_classes, ...without } = manifest;
  assert.throws(() => parseManifest(JSON.parse(JSON.stringify(without))), { name: "ManifestError" });
});

Deno.test("a generator with labels against a critic without is refused", async () => {
  const { num_classes: _num_classes, ...critic } = MLP.critic as MlpConfig;
  const { element: _element, ...pair } = pairOf({ ...MLP, critic }, "gan");
  await assert.rejects(buildArtifacts(pair), {
    name: "RangeError",
    message:
      "Cannot build artifacts: generator and critic must take labels of the same classes, found a generator that takes 4 " +
      "classes, and a critic that takes no labels",
  });
});

Deno.test("with spectral norms, the vectors of the classes are normalised as weights are", () => {
  const { critic } = buildNetworks({ ...MLP, critic: { ...MLP.critic, spectral_norm: true } });
  assert.deepEqual(critic.normalised!.at(-1), "critic.projection.weight");
  assert.deepEqual(
    weightTensors(critic).slice(-2).map(({ name, shape }) => [name, shape]),
    [["critic.projection.weight.u", [NUM_CLASSES]], ["critic.projection.weight.v", [5]]],
  );
});
