import assert from "node:assert/strict";
import type { InferenceSession } from "onnxruntime-node";
import { type Artifacts, buildArtifacts, MANIFEST_FILE } from "../../models/artifacts.ts";
import { GRAPH_NAMES, type GraphEntry } from "../../models/manifest.ts";
import { parseManifest } from "../../models/manifest_check.ts";
import { imageCritic, imageGenerator, mlp, planeCritic, planeGenerator } from "../../models/nets/mlp.ts";
import { gan } from "../../models/objectives/gan.ts";
import { wgan } from "../../models/objectives/wgan.ts";
import { wganGp } from "../../models/objectives/wgan_gp.ts";
import { checkGraph } from "../../onnx/check.ts";
import { decodeModel } from "../../onnx/codec.ts";
import type { Pair } from "../../models/training_graphs.ts";
import { openSession } from "./onnx_runtime.ts";

const PAIRS: Readonly<Record<string, Pair>> = {
  image: {
    critic: mlp("critic", imageCritic(784)),
    generator: mlp("generator", imageGenerator(100, 784)),
    objective: wgan,
    micro_batch: 16,
  },
  plane: {
    critic: mlp("critic", planeCritic()),
    generator: mlp("generator", planeGenerator(2)),
    objective: wgan,
    micro_batch: 64,
  },
  gan: {
    critic: mlp("critic", planeCritic()),
    generator: mlp("generator", planeGenerator(2)),
    objective: gan,
    micro_batch: 8,
  },
  "penalised": {
    critic: mlp("critic", planeCritic()),
    generator: mlp("generator", planeGenerator(2)),
    objective: wganGp(0.1),
    micro_batch: 8,
  },
};

function manifestIn({ files }: Artifacts): unknown {
  return JSON.parse(new TextDecoder().decode(files.get(MANIFEST_FILE)));
}

function describe(values: InferenceSession["inputMetadata"]): unknown[] {
  return values.map((value) => {
    assert.ok(value.isTensor);
    assert.equal(value.type, "float32");
    return { name: value.name, shape: [...value.shape] };
  });
}

/** The graph's own order of outputs: the loss comes first. */
function graphOutputs({ outputs }: GraphEntry): unknown[] {
  const named = outputs.map(({ name, shape }) => ({ name, shape: [...shape] }));
  return named.toSorted((a, b) => Number(b.name === "loss") - Number(a.name === "loss"));
}

for (const [name, pair] of Object.entries(PAIRS)) {
  Deno.test(`artifacts: the manifest of the ${name} pair is right, and is the file's content`, async () => {
    const artifacts = await buildArtifacts(pair);
    assert.deepEqual(parseManifest(manifestIn(artifacts)), artifacts.manifest);
    const files = GRAPH_NAMES.map((graph) => `${graph}.onnx`);
    assert.deepEqual([...artifacts.files.keys()], [...files, MANIFEST_FILE]);
  });

  Deno.test(`artifacts: each graph of the ${name} pair loads, with the manifest's inputs and outputs`, async () => {
    const { manifest, files } = await buildArtifacts(pair);
    for (const graph of GRAPH_NAMES) {
      const entry = manifest.graphs[graph];
      const bytes = files.get(entry.file)!;
      assert.equal(entry.bytes, bytes.length);
      assert.equal(entry.sha256, new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex());
      const model = decodeModel(bytes);
      checkGraph(model.graph);
      assert.deepEqual([model.opset, model.ir_version], [18, 9]);
      const session = await openSession(bytes);
      const inputs = entry.inputs.map(({ name, shape }) => ({ name, shape: [...shape] }));
      assert.deepEqual(describe(session.inputMetadata), inputs);
      assert.deepEqual(describe(session.outputMetadata), graphOutputs(entry));
    }
  });
}

Deno.test("artifacts: the same pair gives the same bytes", async () => {
  assert.deepEqual(await buildArtifacts(PAIRS.plane!), await buildArtifacts(PAIRS.plane!));
});

Deno.test("artifacts: gradients lie as the parameters do, the tail follows", async () => {
  const { manifest } = await buildArtifacts(PAIRS.image!);
  const { critic_training_model: critic, generator_training_model: generator } = manifest.graphs;
  assert.equal(critic.tail_offset, 533_505);
  assert.deepEqual(critic.outputs.slice(-3), [
    { name: "loss", shape: [], offset: 533_505 },
    { name: "mean_D_real", shape: [], offset: 533_506 },
    { name: "mean_D_fake", shape: [], offset: 533_507 },
  ]);
  assert.equal(critic.size, 533_508);
  assert.equal(generator.tail_offset, 1_510_032);
  assert.equal(generator.size, 1_510_032 + 2 + 2 * (256 + 512 + 1024));
  assert.deepEqual(
    critic.outputs.slice(0, -3).map(({ offset }) => offset),
    manifest.layouts.critic.slots.map(({ offset }) => offset),
  );
});

Deno.test("artifacts: networks that do not fit are refused", async () => {
  const generator = mlp("generator", imageGenerator(100, 784));
  await assert.rejects(buildArtifacts({ ...PAIRS.plane!, generator }), {
    name: "RangeError",
    message:
      "Cannot build artifacts: the generator must make examples of shape [2], as the critic takes them, " +
      "found [784]",
  });
  await assert.rejects(buildArtifacts({ ...PAIRS.image!, micro_batch: 1 }), {
    name: "RangeError",
    message:
      "Cannot build artifacts: a shard's micro-batch must be at least 2 examples for batch normalisation, " +
      "found 1",
  });
  await assert.rejects(buildArtifacts({ ...PAIRS.plane!, micro_batch: 1.5 }), {
    name: "RangeError",
    message: "Cannot build artifacts: a shard's micro-batch must be at least 1 examples, found 1.5",
  });
});
