/** Labels in the engine: each leaf, computed by ONNX Runtime alone from what the definitions say. */
import assert from "node:assert/strict";
import * as ort from "onnxruntime-node";
import { numElements } from "../../../common/shape.ts";
import { buildArtifacts } from "../../../models/artifacts.ts";
import { initialState } from "../../../models/initialise.ts";
import { GRAPH_NAMES, type GraphName } from "../../../models/manifest.ts";
import { buildNetworks } from "../../../models/nets/networks.ts";
import { wganGp } from "../../../models/objectives/wgan_gp.ts";
import { fillClassLabels } from "../../../random/class_labels.ts";
import { fillNormal, fillUniform } from "../../../random/philox.ts";
import { ShardOrder } from "../../../random/shuffle.ts";
import { sha256 } from "../../../common/sha256.ts";
import { checksumBytes } from "../../../kernels/kernels.ts";
import type { NetworkName } from "../../../common/network_name.ts";
import { Engine } from "../../../worker/compute/engine.ts";
import { compileGraphs, type GraphBytes } from "../../../worker/compute/graph_runner.ts";
import { Job, jobSizes } from "../../../worker/compute/jobs.ts";
import { MicroBatches } from "../../../worker/connection/micro_batches.ts";
import { ShardStore } from "../../../worker/connection/shard_store.ts";
import { CPU } from "../../../worker/runtime/device.ts";
import { exampleBytes, testRun } from "../test_run.ts";

const SEED = 7, N = 3, SIZE = 10, COUNTS = [5, 0, 9, 2], LATENT = 4;
const NUM_CLASSES = COUNTS.length;
const pair = {
  ...buildNetworks({
    generator: {
      widths: [LATENT + 2, 8, 8, SIZE],
      batch_norm: true,
      slope: 0.2,
      output: "tanh",
      embedding: { num_classes: NUM_CLASSES, features: 2 },
    },
    critic: {
      widths: [SIZE, 8, 1],
      batch_norm: false,
      slope: 0.2,
      output: "linear",
      num_classes: NUM_CLASSES,
    },
  }),
  objective: wganGp(10),
  micro_batch: N,
};
const { manifest, files } = await buildArtifacts(pair);
const { statistics, ...weights } = initialState(pair, SEED);
const graphs = Object.fromEntries(
  GRAPH_NAMES.map((name) => [name, files.get(manifest.graphs[name].file)!]),
) as Record<GraphName, Uint8Array> as GraphBytes;

async function engine(accumulate = 1): Promise<Engine> {
  const whole = accumulate === 1 ? manifest : { ...manifest, accumulate };
  const options = { seed: SEED, encoding: "uint8", num_shards: 4, class_counts: COUNTS } as const;
  const engine = new Engine(whole, await compileGraphs(whole, graphs, CPU), options);
  engine.setWeights("critic", weights.critic);
  engine.setWeights("generator", weights.generator);
  return engine;
}

/** Classes of a shard's examples in a step. */
const labelsOf = (shard: number, count = N) =>
  Array.from({ length: count }, (_, i) => (3 * i + shard) % NUM_CLASSES);

/** Rows as workers keep them: an example's bytes, then its class. */
function rows(shard: number, count = N): Uint8Array {
  const out = new Uint8Array(count * (SIZE + 4)), view = new DataView(out.buffer);
  labelsOf(shard, count).forEach((label, i) => {
    out.set(exampleBytes(SIZE, 10 * shard + i), i * (SIZE + 4));
    view.setUint32(i * (SIZE + 4) + SIZE, label, true);
  });
  return out;
}

function stateInputs(): Record<string, Float32Array> {
  const inputs: Record<string, Float32Array> = {};
  for (
    const [state, buffer] of [["critic", weights.critic], ["generator", weights.generator], [
      "statistics",
      statistics,
    ]] as const
  ) {
    for (const { name, shape, offset } of manifest.layouts[state].slots) {
      inputs[name] = buffer.slice(offset, offset + numElements(shape));
    }
  }
  return inputs;
}

async function byHand(name: GraphName, given: Record<string, Float32Array>, count = N) {
  const inputs = { ...stateInputs(), ...given };
  const session = await ort.InferenceSession.create(graphs[name], { intraOpNumThreads: 1 });
  return await session.run(Object.fromEntries(manifest.graphs[name].inputs.map(({ name, shape }) => {
    const dims = shape.map((dim) => dim === "N" ? count : Number(dim));
    return [name, new ort.Tensor("float32", inputs[name]!, dims)];
  })));
}

/** A leaf of step 3: labels and rows of this part of the shard. */
async function leaf(kind: NetworkName, shard: number, part = 0): Promise<Float32Array> {
  const noise = new Float32Array(N * LATENT), label = new Float32Array(N);
  fillNormal(noise, { seed: SEED, purpose: `${kind}_noise`, counter: 3, shard }, part * noise.length);
  if (kind === "generator") {
    fillClassLabels(label, COUNTS, { seed: SEED, purpose: "label", counter: 3, shard }, part * N);
  } else label.set(labelsOf(shard, N * (part + 1)).slice(-N));
  const inputs: Record<string, Float32Array> = { noise, label };
  if (kind === "critic") {
    inputs.mix = new Float32Array(N);
    fillUniform(inputs.mix, { seed: SEED, purpose: "mixing", counter: 3, shard }, 0, 1, part * N);
    inputs.fake = (await byHand("generator_forward_model", inputs)).fake!.data as Float32Array;
    inputs.real = Float32Array.from(
      { length: N * SIZE },
      (_, i) => exampleBytes(SIZE, 10 * shard + part * N + Math.floor(i / SIZE))[i % SIZE]! / 127.5 - 1,
    );
  }
  const entry = manifest.graphs[`${kind}_training_model`], flat = new Float32Array(entry.size);
  const results = await byHand(`${kind}_training_model`, inputs);
  for (const { name, offset } of entry.outputs) flat.set(results[name]!.data as Float32Array, offset);
  return flat;
}

const add = (a: Float32Array, b: Float32Array) => a.map((value, i) => Math.fround(value + b[i]!));

function task(kind: NetworkName, begin: number, end: number, count = N) {
  const leaves = Array.from({ length: end - begin }, (_, i) => ({
    shard: begin + i,
    examples: kind === "critic" ? rows(begin + i, count) : null,
  }));
  return { kind, node: { begin, end }, leaves, noise_purpose: `${kind}_noise` as const, noise_counter: 3 };
}

for (const kind of ["critic", "generator"] as const) {
  Deno.test(`labels: the sum of a ${kind} step is that of its leaves, in one part and in two`, async () => {
    const whole = await (await engine()).sum(task(kind, 2, 4));
    assert.deepEqual(whole.sum, add(await leaf(kind, 2), await leaf(kind, 3)));
    const parted = await (await engine(2)).sum(task(kind, 1, 2, 2 * N));
    assert.deepEqual(parted.sum, add(await leaf(kind, 1), await leaf(kind, 1, 1)));
  });
}

Deno.test("labels: fakes made ahead are used where they have the labels of the real examples, and only there", async () => {
  const right = await leaf("critic", 0);
  for (const labels of [labelsOf(0), labelsOf(1), null]) {
    const made = await engine();
    const ahead = { shard: 0, noise_purpose: "critic_noise", noise_counter: 3 } as const;
    await made.makeAhead({ ...ahead, labels: labels && Float32Array.from(labels) });
    assert.deepEqual((await made.sum(task("critic", 0, 1))).sum, right);
  }
});

Deno.test("labels: jobs draw and score examples of the classes that they are told", async () => {
  const count = 70, labels = Float32Array.from({ length: count }, (_, i) => i % NUM_CLASSES);
  const made = await engine();
  const run = async (kind: "sample" | "score", weights: Float32Array, input: Float32Array) => {
    assert.deepEqual(jobSizes(manifest, { kind, count }), { weights: weights.length, input: input.length });
    const job = new Job(made, { kind, count, noise_counter: 2, weights, input });
    let result: Float32Array | null = null;
    while (result === null) result = await job.step();
    return result;
  };
  const noise = new Float32Array(count * LATENT);
  fillNormal(noise, { seed: SEED, purpose: "sample", counter: 2, shard: 0 });
  const samples = await run("sample", weights.generator, Float32Array.from([...statistics, ...labels]));
  const close = (found: Float32Array, expected: Float32Array) =>
    found.forEach((value, i) => assert.ok(Math.abs(value - expected[i]!) < 1e-6, `${i}`));
  close(
    samples,
    (await byHand("sampler_model", { noise, label: labels }, count)).samples!.data as Float32Array,
  );
  const scores = await run("score", weights.critic, Float32Array.from([...samples, ...labels]));
  close(
    scores,
    (await byHand("critic_eval_model", { real: samples, label: labels }, count)).scores!.data as Float32Array,
  );
});

Deno.test("labels: those of the next step are known of shards that are held, over the end of an epoch, too", async () => {
  const shard_size = 7, bytes = rows(0, shard_size);
  const { welcome: usual } = await testRun(1);
  const welcome = {
    ...usual,
    type: "welcome",
    proof: "",
    run: "r",
    incarnation: 0,
    shard_sizes: [shard_size],
    shard_sha256: [sha256(bytes)],
    example_bytes: SIZE + 4,
    class_counts: COUNTS,
  } as const;
  const store = new ShardStore(1 << 20, null);
  await store.begin(welcome, 0);
  const batches = new MicroBatches(welcome, N, store);
  assert.equal(batches.nextLabels({ epoch: 0, batch: 0 }, 0, 2), null);
  const chunk = { type: "shard_chunk", run: "r", shard: 0, offset: 0, total: bytes.length } as const;
  assert.ok(store.accept({ ...chunk, checksum: checksumBytes(bytes) }, bytes));
  const order = new ShardOrder(welcome.seed, 0, shard_size);
  for (const [at, next] of [[{ epoch: 0, batch: 0 }, [0, 1]], [{ epoch: 0, batch: 1 }, [1, 0]]] as const) {
    const expected = Array.from(order.batchIndices(next[0], next[1], N), (i) => labelsOf(0, shard_size)[i]!);
    assert.deepEqual([...batches.nextLabels(at, 0, 2)!], expected.slice(0, 2));
  }
});
