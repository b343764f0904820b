import assert from "node:assert/strict";
import { numElements } from "../../../common/shape.ts";
import { PAGE_BYTES } from "../../../common/files/mapped_file.ts";
import { VARYING_CLASS } from "../../../common/numeric_class.ts";
import * as ort from "onnxruntime-node";
import { PRESETS } from "../../../coordinator/config/presets.ts";
import { buildArtifacts } from "../../../models/artifacts.ts";
import { GRAPH_NAMES, type GraphEntry } from "../../../models/manifest.ts";
import { buildNetworks } from "../../../models/nets/networks.ts";
import { wgan } from "../../../models/objectives/wgan.ts";
import { wganGp } from "../../../models/objectives/wgan_gp.ts";
import { fillNormal, fillUniform } from "../../../random/philox.ts";
import { bytesOf } from "../../../wire/frame.ts";
import { CPU } from "../../../worker/runtime/device.ts";
import { Engine } from "../../../worker/compute/engine.ts";
import type { Leaf, NoisePurpose, Part, SumTask } from "../../../worker/compute/sum_task.ts";
import type { NetworkName } from "../../../common/network_name.ts";
import { compileGraphs, type GraphBytes, type GraphRunner } from "../../../worker/compute/graph_runner.ts";
import { Job, jobSizes } from "../../../worker/compute/jobs.ts";
import { isKnownToVary, probe } from "../../../worker/compute/probe.ts";
import type { BoundGraph } from "../../../worker/runtime/runtime.ts";
import { exampleBytes, MICRO_BATCH, SEED, type TestRun, testRun } from "../test_run.ts";

const run = await testRun(5);
const runners = await compileGraphs(run.manifest, run.graphs, CPU);
const WEBGPU = { provider: "webgpu", index: 0 } as const;

function engine(encoding: "uint8" | "float32" = "uint8", with_runners = runners): Engine {
  const engine = new Engine(run.manifest, with_runners, { seed: SEED, encoding, num_shards: 5 });
  engine.setWeights("critic", run.weights.critic);
  engine.setWeights("generator", run.weights.generator);
  return engine;
}

/** Micro-batches of a shard, one after the other. */
function examples(shard: number, count = 1): Uint8Array {
  const parts = Array.from(
    { length: count },
    (_, part) => exampleBytes(MICRO_BATCH * 10, shard + 100 * part),
  );
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function task(kind: NetworkName, begin: number, end: number): SumTask {
  const leaves = Array.from({ length: end - begin }, (_, i): Leaf => {
    const shard = begin + i;
    return { shard, examples: kind === "critic" ? examples(shard) : null };
  });
  return { kind, node: { begin, end }, leaves, noise_purpose: `${kind}_noise`, noise_counter: 3 };
}

/** With a copy of the sum, which the engine's next call would overwrite. */
async function sumOf(engine: Engine, task: SumTask) {
  const { sum, largest, compute_ms } = await engine.sum(task);
  assert.equal(largest, sum.reduce((most, value) => Math.max(most, Math.abs(value)), 0));
  return { sum: sum.slice(), compute_ms };
}

/** A runner whose bound graphs do something more when they are run. */
function wrapped(runner: GraphRunner, run: (graph: BoundGraph, result: Float32Array) => Promise<number>) {
  const bind = (...args: Parameters<GraphRunner["bind"]>): BoundGraph => {
    const graph = runner.bind(...args);
    return { run: () => run(graph, args[1]), release: graph.release };
  };
  return Object.create(runner, { bind: { value: bind } }) as GraphRunner;
}

/** One leaf with ONNX Runtime alone: each tensor on its own, results copied from its answer. */
async function leafByHand(
  { manifest, graphs, weights }: TestRun,
  kind: NetworkName,
  shard: number,
  part = 0,
) {
  const noise = new Float32Array(MICRO_BATCH * manifest.latent);
  const purpose: NoisePurpose = `${kind}_noise`;
  fillNormal(noise, { seed: SEED, purpose, counter: 3, shard }, part * noise.length);
  const inputs: Record<string, Float32Array> = { noise };
  for (const network of ["critic", "generator"] as const) {
    for (const { name, shape, offset } of manifest.layouts[network].slots) {
      inputs[name] = weights[network].slice(offset, offset + numElements(shape));
    }
  }
  const compute = async (entry: GraphEntry, bytes: Uint8Array) => {
    const session = await ort.InferenceSession.create(bytes, { intraOpNumThreads: 1 });
    return await session.run(Object.fromEntries(
      entry.inputs.map((
        { name, shape },
      ) => [name, new ort.Tensor("float32", inputs[name]!, shape as number[])]),
    ));
  };
  if (kind === "critic") {
    inputs.mix = new Float32Array(MICRO_BATCH);
    fillUniform(inputs.mix, { seed: SEED, purpose: "mixing", counter: 3, shard }, 0, 1, part * MICRO_BATCH);
    const { fake } = await compute(manifest.graphs.generator_forward_model, graphs.generator_forward_model);
    inputs.fake = fake!.data as Float32Array;
    const rows = examples(shard, part + 1).subarray(-MICRO_BATCH * 10);
    inputs.real = Float32Array.from(rows, (value) => Math.fround(value / 127.5 - 1));
  }
  const entry = manifest.graphs[`${kind}_training_model`];
  const results = await compute(entry, graphs[`${kind}_training_model`]);
  const flat = new Float32Array(entry.size);
  for (const { name, offset } of entry.outputs) flat.set(results[name]!.data as Float32Array, offset);
  return flat;
}

const add = (a: Float32Array, b: Float32Array) => a.map((value, i) => Math.fround(value + b[i]!));

for (const kind of ["critic", "generator"] as const) {
  Deno.test(`${kind}: the sum of a node is that of its leaves in the tree's order`, async () => {
    const leaves = await Promise.all([0, 1, 2, 3, 4].map((shard) => leafByHand(run, kind, shard)));
    const [a, b, c, d, e] = leaves as [Float32Array, Float32Array, Float32Array, Float32Array, Float32Array];
    const { sum, compute_ms } = await sumOf(engine(), task(kind, 0, 5));
    assert.deepEqual(sum, add(add(add(a, b), add(c, d)), e));
    assert.ok(compute_ms > 0);
    assert.deepEqual((await sumOf(engine(), task(kind, 3, 4))).sum, d);
    assert.ok(sum.some((value) => value !== 0));
  });
}

Deno.test("where the objective mixes, each leaf mixes by numbers of its own step and shard", async () => {
  const mixing = await testRun(5, wganGp(10));
  const runners = await compileGraphs(mixing.manifest, mixing.graphs, CPU);
  const engine = new Engine(mixing.manifest, runners, { seed: SEED, encoding: "uint8", num_shards: 5 });
  engine.setWeights("critic", mixing.weights.critic);
  engine.setWeights("generator", mixing.weights.generator);
  const [a, b] = [await leafByHand(mixing, "critic", 0), await leafByHand(mixing, "critic", 1)];
  assert.deepEqual((await sumOf(engine, task("critic", 0, 2))).sum, add(a, b));
  const other_step = { ...task("critic", 0, 1), noise_counter: 4 };
  assert.notDeepEqual((await sumOf(engine, other_step)).sum, a);
});

for (const kind of ["critic", "generator"] as const) {
  Deno.test(`${kind}: a shard in two parts is two leaves, with the next of its examples, noise and mixing`, async () => {
    const mixing = await testRun(5, wganGp(10));
    const manifest = { ...mixing.manifest, accumulate: 2 };
    const runners = await compileGraphs(manifest, mixing.graphs, CPU);
    const engine = new Engine(manifest, runners, { seed: SEED, encoding: "uint8", num_shards: 5 });
    engine.setWeights("critic", mixing.weights.critic);
    engine.setWeights("generator", mixing.weights.generator);
    const leaf = (shard: number, part: number) => leafByHand(mixing, kind, shard, part);
    const [a, b] = [await leaf(2, 0), await leaf(2, 1)], [c, d] = [await leaf(3, 0), await leaf(3, 1)];
    const both = task(kind, 2, 4);
    const leaves = both.leaves.map(({ shard }) => ({
      shard,
      examples: kind === "critic" ? examples(shard, 2) : null,
    }));
    for (const ahead of [false, true]) {
      if (ahead) await engine.makeAhead({ shard: 3, noise_purpose: "critic_noise", noise_counter: 3 });
      assert.deepEqual((await sumOf(engine, { ...both, leaves })).sum, add(add(a, b), add(c, d)));
    }
  });
}

Deno.test("fakes made ahead change no bit, and are used", async () => {
  const plain = await sumOf(engine(), task("critic", 0, 2));
  let forwards = 0;
  const counting = wrapped(runners.generator_forward_model, (graph) => {
    forwards++;
    return graph.run();
  });
  const ahead = engine("uint8", { ...runners, generator_forward_model: counting });
  for (const shard of [0, 1]) {
    await ahead.makeAhead({ shard, noise_purpose: "critic_noise", noise_counter: 3 });
  }
  assert.equal(forwards, 2);
  assert.deepEqual((await sumOf(ahead, task("critic", 0, 2))).sum, plain.sum);
  assert.equal(forwards, 2);
});

Deno.test("fakes whose making failed are not used", async () => {
  let fails = true;
  const failing = wrapped(runners.generator_forward_model, (graph) => {
    return fails ? Promise.reject(new Error("no more memory")) : graph.run();
  });
  const ahead = engine("uint8", { ...runners, generator_forward_model: failing });
  await assert.rejects(ahead.makeAhead({ shard: 0, noise_purpose: "critic_noise", noise_counter: 3 }), {
    message: "no more memory",
  });
  fails = false;
  const right = (await sumOf(engine(), task("critic", 0, 1))).sum;
  assert.deepEqual((await sumOf(ahead, task("critic", 0, 1))).sum, right);
});

Deno.test("fakes made ahead for another counter, purpose or generator are not used", async () => {
  const right = (await sumOf(engine(), task("critic", 0, 1))).sum;
  const other_counter = engine();
  await other_counter.makeAhead({ shard: 0, noise_purpose: "critic_noise", noise_counter: 4 });
  assert.deepEqual((await sumOf(other_counter, task("critic", 0, 1))).sum, right);
  const other_purpose = engine();
  await other_purpose.makeAhead({ shard: 0, noise_purpose: "generator_noise", noise_counter: 3 });
  assert.deepEqual((await sumOf(other_purpose, task("critic", 0, 1))).sum, right);
  const other_weights = engine();
  other_weights.setWeights("generator", run.weights.generator.map((value) => value * 2));
  await other_weights.makeAhead({ shard: 0, noise_purpose: "critic_noise", noise_counter: 3 });
  other_weights.setWeights("generator", run.weights.generator);
  assert.deepEqual((await sumOf(other_weights, task("critic", 0, 1))).sum, right);
  const read_weights = engine();
  read_weights.setWeights("generator", run.weights.generator.map((value) => value * 2));
  await read_weights.makeAhead({ shard: 0, noise_purpose: "critic_noise", noise_counter: 3 });
  read_weights.changeWeights("generator", (into) => into.set(bytesOf(run.weights.generator)));
  assert.deepEqual((await sumOf(read_weights, task("critic", 0, 1))).sum, right);
});

Deno.test("fakes of another counter take the place of those made before", async () => {
  const at = (noise_counter: number) => ({ ...task("critic", 0, 1), noise_counter });
  const right = [(await sumOf(engine(), at(3))).sum, (await sumOf(engine(), at(4))).sum];
  const ahead = engine();
  for (const noise_counter of [3, 4]) {
    await ahead.makeAhead({ shard: 0, noise_purpose: "critic_noise", noise_counter });
  }
  assert.deepEqual([(await sumOf(ahead, at(3))).sum, (await sumOf(ahead, at(4))).sum], right);
});

Deno.test("float32 examples are taken as they are", async () => {
  const bytes = task("critic", 0, 1);
  const values = Float32Array.from(examples(0), (value) => value / 127.5 - 1);
  const floats = { ...bytes, leaves: [{ shard: 0, examples: new Uint8Array(values.buffer) }] };
  assert.deepEqual((await sumOf(engine("float32"), floats)).sum, (await sumOf(engine(), bytes)).sum);
  await assert.rejects(sumOf(engine("float32"), bytes), {
    message: "Examples must have 120 bytes: found 30",
  });
});

Deno.test("the probe's class is the same each time, and another on another provider", async () => {
  const first = await probe(run.manifest, runners, CPU);
  const again = await probe(run.manifest, await compileGraphs(run.manifest, run.graphs, CPU), CPU);
  assert.equal(again.numeric_class, first.numeric_class);
  assert.match(first.numeric_class, /^[0-9a-f]{64}$/);
  assert.ok(first.shard_ms > 0);
  const other = await probe(run.manifest, runners, { provider: "cuda", index: 0 });
  assert.notEqual(other.numeric_class, first.numeric_class);
});

Deno.test("one bit of any of the three graphs that train changes the class", async () => {
  const classes = [(await probe(run.manifest, runners, CPU)).numeric_class];
  for (
    const name of ["generator_forward_model", "critic_training_model", "generator_training_model"] as const
  ) {
    const off = wrapped(runners[name], async (graph, result) => {
      const elapsed_ms = await graph.run();
      new Uint8Array(result.buffer, result.byteOffset)[0]! ^= 1;
      return elapsed_ms;
    });
    classes.push((await probe(run.manifest, { ...runners, [name]: off }, CPU)).numeric_class);
  }
  assert.equal(new Set(classes).size, 4);
});

Deno.test("a graph that gives other bits at one of its runs has no class", async () => {
  for (
    const name of ["generator_forward_model", "critic_training_model", "generator_training_model"] as const
  ) {
    let runs = 0;
    const odd = wrapped(runners[name], async (graph, result) => {
      const elapsed_ms = await graph.run();
      if (++runs === 4) new Uint8Array(result.buffer, result.byteOffset)[0]! ^= 1;
      return elapsed_ms;
    });
    const { numeric_class } = await probe(run.manifest, { ...runners, [name]: odd }, WEBGPU);
    assert.equal(numeric_class, VARYING_CLASS, name);
  }
});

Deno.test("convolutions are known to vary on CUDA, and there alone", async () => {
  const pair = buildNetworks(PRESETS["wgan-dcgan"].networks(3, [1, 32, 32]));
  const { manifest, files } = await buildArtifacts({ ...pair, objective: wgan, micro_batch: 2 });
  const convolutions = Object.fromEntries(
    GRAPH_NAMES.map((name) => [name, files.get(manifest.graphs[name].file)!]),
  ) as unknown as GraphBytes;
  const cuda = { provider: "cuda", index: 0 } as const;
  assert.ok(isKnownToVary(cuda, convolutions));
  assert.ok(!isKnownToVary(cuda, run.graphs));
  for (const device of [CPU, WEBGPU]) assert.ok(!isKnownToVary(device, convolutions));
});

/** All rows at once, by ONNX Runtime alone. */
async function sampleByHand(count: number): Promise<Float32Array> {
  const { manifest, graphs, weights, statistics } = run;
  const noise = new Float32Array(count * manifest.latent);
  fillNormal(noise, { seed: SEED, purpose: "sample", counter: 9, shard: 0 });
  const feeds: Record<string, ort.Tensor> = {};
  for (const { name, shape, source } of manifest.graphs.sampler_model.inputs) {
    if (source === "noise") feeds[name] = new ort.Tensor("float32", noise, [count, manifest.latent]);
    else if (source === "generator" || source === "statistics") {
      const { offset } = manifest.layouts[source].slots.find((slot) => slot.name === name)!;
      const flat = source === "generator" ? weights.generator : statistics;
      const size = numElements(shape as number[]);
      feeds[name] = new ort.Tensor("float32", flat.slice(offset, offset + size), shape as number[]);
    }
  }
  const session = await ort.InferenceSession.create(graphs.sampler_model, { intraOpNumThreads: 1 });
  return (await session.run(feeds)).samples!.data as Float32Array;
}

async function finish(job: Job): Promise<{ result: Float32Array; steps: number }> {
  for (let steps = 1;; steps++) {
    const result = await job.step();
    if (result !== null) return { result, steps };
  }
}

Deno.test("a sample job makes its rows a few at a time, with the weights that it brings", async () => {
  const count = 150;
  const wanted = await sampleByHand(count);
  const held = engine();
  held.setWeights("generator", new Float32Array(run.weights.generator.length));
  const { statistics: input, weights: { generator: weights } } = run;
  const job = new Job(held, { kind: "sample", count, noise_counter: 9, weights, input });
  const { result, steps } = await finish(job);
  assert.equal(steps, 3);
  // Matrix products of other heights may round otherwise; none was seen to (0), one unit is 6e-8.
  const error = Math.max(...result.map((value, i) => Math.abs(value - wanted[i]!)));
  assert.ok(error <= 6e-7, `error ${error}`);
});

Deno.test("a score job gives the critic's scores, whose mean is that of the training graph", async () => {
  const held = engine();
  const input = Float32Array.from(examples(2), (value) => value / 127.5 - 1);
  const { critic: weights } = run.weights;
  const { result } = await finish(
    new Job(held, { kind: "score", count: MICRO_BATCH, noise_counter: 0, weights, input }),
  );
  const { sum } = await sumOf(held, task("critic", 2, 3));
  const entry = run.manifest.graphs.critic_training_model;
  const mean = sum[entry.outputs.find(({ name }) => name === "mean_D_real")!.offset]!;
  const error = Math.abs(result.reduce((total, score) => total + score, 0) / MICRO_BATCH - mean);
  assert.ok(error <= 1e-7, `error ${error}`);
});

Deno.test("a job's weights and input are as long as its network and its rows", () => {
  const { generator, critic } = run.weights;
  const { manifest, statistics } = run;
  assert.deepEqual(jobSizes(manifest, { kind: "sample", count: 2 }), {
    weights: generator.length,
    input: statistics.length,
  });
  assert.deepEqual(jobSizes(manifest, { kind: "score", count: 2 }), { weights: critic.length, input: 20 });
});

Deno.test("sums computed into places have the same bits, and touch no other place", async () => {
  const held = engine();
  const places = held.openPlaces(3);
  const tasks = [task("critic", 0, 5), task("generator", 1, 4), task("critic", 2, 3)];
  const right: Float32Array[] = [];
  for (const task of tasks) right.push((await sumOf(held, task)).sum);
  for (const [at, task] of tasks.entries()) await held.sum(task, at);
  for (const [at, sum] of right.entries()) {
    const { buffer, byteOffset, length } = places[at]!;
    assert.deepEqual(new Float32Array(buffer, byteOffset, sum.length), sum);
    for (const size of [byteOffset, length]) assert.equal(size % PAGE_BYTES, 0);
  }
  const halves = [[0, 4], [4, 5]].map(([begin, end]) => task("critic", begin!, end!));
  const parts: Part[] = [];
  for (const half of halves) parts.push({ node: half.node, sum: (await sumOf(held, half)).sum });
  held.add({ begin: 0, end: 5 }, parts, 1);
  const { buffer, byteOffset } = places[1]!;
  assert.deepEqual(new Float32Array(buffer, byteOffset, right[0]!.length), right[0]);
  assert.deepEqual(held.openPlaces(3).map(({ byteOffset }) => byteOffset), places.map((p) => p.byteOffset));
});

Deno.test("there are no places where the memory has no room for them", () => {
  assert.deepEqual(engine().openPlaces(1000), []);
});

Deno.test("a graph whose names are not those of the manifest is refused", async () => {
  const { manifest, graphs } = run;
  const swapped = { ...graphs, critic_eval_model: graphs.sampler_model };
  await assert.rejects(compileGraphs(manifest, swapped, CPU), {
    message: "Graph critic_eval_model.onnx must have the inputs that artifacts.json names: real differs",
  });
});
