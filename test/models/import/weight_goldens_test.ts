/**
 * Critics whose weights are easy to mistake, as PyTorch exports them (scripts/goldens/networks/make_weight_goldens.py): exactly
 * their parameters are trained, and the gradients of one step are PyTorch's.
 */
import assert from "node:assert/strict";
import { criticNet, generatorNet, importedNetwork } from "../../../models/import/imported_net.ts";
import { importGraph } from "../../../models/import/import_graph.ts";
import { objectiveOf } from "../../../models/objectives/objectives.ts";
import { tensorOf } from "../../../onnx/tensor.ts";
import { criticTrainingGraph, type Pair } from "../../../models/training_graphs.ts";
import { norm } from "../norm.ts";
import { fileModel } from "./file_model.ts";
import { errorOf, golden, importFile, run } from "./imported_pair.ts";

const GOLDEN = golden("weights.safetensors");
const SHAPE = [1, 8, 8];

/** Largest error of a gradient in float64, relative to the whole. Measured: 1.8e-8, by constants that are float32. */
const TOLERANCE = 1e-7;

/** By critic, the parameters that the exporter sees (all that follow `NAME.wgan.` in the goldens), in PyTorch's names. */
const CRITICS = ["alike", "encoder", "spectral", "scaled", "deviating"] as const;

function pairOf(name: string, objective: "wgan" | "wgan-gp"): Pair {
  const maker = fileModel({
    opset: 18,
    extents: [1],
    nodes: [["MatMul", ["x", "w"], ["y"]]],
    initializers: { w: tensorOf("float32", [1, 64], Array(64).fill(0.5)) },
  });
  const generator = importedNetwork(importGraph(maker, "g.onnx", "generator"), "generator", []);
  return {
    critic: criticNet(importFile(`weights_${name}.onnx`, "critic"), { example_shape: SHAPE, logits: false }),
    generator: generatorNet(generator, { example_shape: SHAPE, logits: false }),
    objective: objectiveOf({ objective, penalty: objective === "wgan-gp" ? 10 : null }),
    micro_batch: 4,
  };
}

for (const name of CRITICS) {
  Deno.test(`weights of ${name}: parameters and gradients are PyTorch's`, async () => {
    for (const objective of ["wgan", "wgan-gp"] as const) {
      const start = `${name}.${objective}.`;
      const expected = [...GOLDEN].flatMap(([key, data]) =>
        key.startsWith(start) ? [[key.slice(start.length), data] as const] : []
      );
      const pair = pairOf(name, objective);
      if (name === "deviating" && objective === "wgan-gp") {
        assert.equal(expected.length, 0);
        assert.throws(() => criticTrainingGraph(pair), /^RangeError: Cannot use a gradient penalty/);
        continue;
      }
      const gradients = expected.filter(([key]) => key !== "loss");
      assert.deepEqual(
        pair.critic.parameters.map((spec) => spec.name).toSorted(),
        gradients.map(([key]) => `critic.${key}`).toSorted(),
      );
      const users = Object.fromEntries(["real", "fake", "mix"].map((key) => [key, GOLDEN.get(key)!]));
      const graph = criticTrainingGraph(pair);
      const found = await run(pair, graph, users, "float64");
      const whole = norm(gradients.map(([, data]) => norm(data)));
      const loss = GOLDEN.get(`${start}loss`)!;
      const errors = [
        errorOf(found.get("loss")!, loss, 1),
        ...gradients.map(([key, data]) => errorOf(found.get(`critic.${key}_grad`)!, data, whole)),
      ];
      assert.ok(Math.max(...errors) < TOLERANCE, `${objective}: ${Math.max(...errors)}`);
    }
  });
}
