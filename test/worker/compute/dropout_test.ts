/** Dropout in a run: masks that come from the seed, the step and the leaf alone, fed by the manifest. */
import assert from "node:assert/strict";
import { buildArtifacts } from "../../../models/artifacts.ts";
import { initialState } from "../../../models/initialise.ts";
import { GRAPH_NAMES, type GraphName } from "../../../models/manifest.ts";
import { parseManifest } from "../../../models/manifest_check.ts";
import { mlp } from "../../../models/nets/mlp.ts";
import { wganGp } from "../../../models/objectives/wgan_gp.ts";
import { Stream } from "../../../random/philox.ts";
import { CPU } from "../../../worker/runtime/device.ts";
import { Engine } from "../../../worker/compute/engine.ts";
import type { SumTask } from "../../../worker/compute/sum_task.ts";
import type { NetworkName } from "../../../common/network_name.ts";
import { compileGraphs, type GraphBytes } from "../../../worker/compute/graph_runner.ts";
import { Masks } from "../../../worker/compute/drawn_inputs.ts";
import { probe } from "../../../worker/compute/probe.ts";

const SEED = 11;
const MICRO_BATCH = 3;
const FEATURES = 5;

const plain = { batch_norm: false, slope: 0.2, output: "linear" } as const;
/** Both networks drop; the penalty runs the critic once more, so that it has masks of its own there. */
function pairOf(critic_ratio: number, generator_ratio: number) {
  return {
    critic: mlp("critic", { ...plain, widths: [FEATURES, 64, 64, 1], dropout: critic_ratio }),
    generator: mlp("generator", { ...plain, widths: [4, 64, FEATURES], dropout: generator_ratio }),
    objective: wganGp(10),
    micro_batch: MICRO_BATCH,
  };
}

const pair = pairOf(0.25, 0.5);
const { manifest, files } = await buildArtifacts(pair, 2);
const graphs = Object.fromEntries(
  GRAPH_NAMES.map((name) => [name, files.get(manifest.graphs[name].file)!] as const),
) as Record<GraphName, Uint8Array> as GraphBytes;
const runners = await compileGraphs(manifest, graphs, CPU);
const weights = initialState(pair, SEED);

function engine(seed = SEED): Engine {
  const engine = new Engine(manifest, runners, { seed, encoding: "uint8", num_shards: 4 });
  engine.setWeights("critic", weights.critic);
  engine.setWeights("generator", weights.generator);
  return engine;
}

function task(kind: NetworkName, begin: number, end: number, noise_counter = 3): SumTask {
  const leaves = Array.from({ length: end - begin }, (_, i) => {
    const tones = new Stream({ seed: 1, purpose: "dataset", counter: begin + i, shard: 0 });
    const examples = Uint8Array.from({ length: 2 * MICRO_BATCH * FEATURES }, () => 256 * tones.nextUniform());
    return { shard: begin + i, examples: kind === "critic" ? examples : null };
  });
  return { kind, node: { begin, end }, leaves, noise_purpose: `${kind}_noise`, noise_counter };
}

const masksOf = (name: GraphName) => manifest.graphs[name].inputs.filter(({ source }) => source === "mask");

Deno.test("the manifest names the masks of what is trained, and what is used afterwards has none", () => {
  assert.deepEqual(parseManifest(JSON.parse(JSON.stringify(manifest))), manifest);
  const both = [2 * MICRO_BATCH, 64], one = [MICRO_BATCH, 64];
  const mask = (i: number, shape: number[], ratio: number) => ({
    name: `mask_${i}`,
    shape,
    source: "mask",
    ratio,
  });
  // Real and fake in one pass, then the points between.
  assert.deepEqual(masksOf("critic_training_model"), [
    mask(0, both, 0.25),
    mask(1, both, 0.25),
    mask(2, one, 0.25),
    mask(3, one, 0.25),
  ]);
  assert.deepEqual(masksOf("generator_training_model"), [
    mask(0, one, 0.5),
    mask(1, one, 0.25),
    mask(2, one, 0.25),
  ]);
  assert.deepEqual(masksOf("generator_forward_model"), [mask(0, one, 0.5)]);
  for (const name of ["critic_eval_model", "sampler_model"] as const) assert.deepEqual(masksOf(name), []);
});

Deno.test("a manifest with a mask where nothing may drop, or without its share, is refused", () => {
  type Inputs = Record<string, unknown>[];
  const refusals: [string, (inputs: Inputs) => unknown, string][] = [
    [
      "critic_training_model",
      (inputs) => delete inputs.at(-1)!.ratio,
      "ratio must be present, found undefined",
    ],
    [
      "critic_training_model",
      (inputs) => inputs.at(-1)!.ratio = 1,
      "ratio must be above 0 and below 1, found 1",
    ],
    ["critic_training_model", (inputs) => inputs[0]!.ratio = 0.5, "ratio must be absent, found 0.5"],
    [
      "critic_training_model",
      (inputs) => inputs.at(-1)!.name = "mask_9",
      'name must be "mask_3", found "mask_9"',
    ],
    [
      "sampler_model",
      (inputs) => inputs.push({ name: "mask_0", shape: [3], source: "mask", ratio: 0.5 }),
      "length must be 5, found 6",
    ],
  ];
  for (const [graph, change, why] of refusals) {
    const copy = JSON.parse(JSON.stringify(manifest));
    change(copy.graphs[graph].inputs);
    assert.throws(() => parseManifest(copy), (error: Error) => error.message.endsWith(why), why);
  }
});

Deno.test("masks drop their share, keep the mean, and differ by step, shard, leaf and graph", () => {
  const masks = new Masks(manifest.graphs.critic_training_model);
  const key = { seed: SEED, purpose: "critic_dropout", counter: 3, shard: 1 } as const;
  const drawn = (changes: object = {}, part = 0) => {
    masks.fill({ ...key, ...changes }, part);
    return masks.data.slice();
  };
  const all = drawn();
  assert.equal(all.length, 2 * (6 + 3) * 64);
  assert.deepEqual([...new Set(all)].sort(), [0, Math.fround(1 / 0.75)]);
  // 1152 draws: the mean's standard deviation is sqrt(1/3 / 1152) = 0.017.
  const mean = all.reduce((a, b) => a + b, 0) / all.length;
  assert.ok(Math.abs(mean - 1) <= 0.07, `mean ${mean}, seed ${SEED}`);
  assert.deepEqual(drawn(), all);
  for (const changes of [{ counter: 4 }, { shard: 2 }, { seed: 12 }, { purpose: "generator_dropout" }]) {
    assert.notDeepEqual(drawn(changes), all);
  }
  const second = drawn({}, 1);
  assert.notDeepEqual(second, all);
  // Leaves share out one stream: no word is used twice.
  const words = new Stream(key, all.length);
  assert.deepEqual(second, second.map(() => words.nextUint32() < 2 ** 30 ? 0 : 1 / 0.75));
});

for (const kind of ["critic", "generator"] as const) {
  Deno.test(`${kind}: sums with dropout depend on seed and step, not on who computes what`, async () => {
    const whole = engine();
    const sum = (await whole.sum(task(kind, 0, 2))).sum.slice();
    const halves: Float32Array[] = [];
    for (const shard of [0, 1]) {
      const other = engine();
      // Fakes made ahead have their masks, too.
      if (kind === "critic") {
        await other.makeAhead({ shard, noise_purpose: "critic_noise", noise_counter: 3 });
      }
      halves.push((await other.sum(task(kind, shard, shard + 1))).sum.slice());
    }
    assert.deepEqual(sum, halves[0]!.map((value, i) => Math.fround(value + halves[1]![i]!)));
    assert.notDeepEqual((await whole.sum(task(kind, 0, 2, 4))).sum.slice(), sum);
    assert.deepEqual((await whole.sum(task(kind, 0, 2))).sum.slice(), sum);
    assert.ok(sum.every(Number.isFinite) && sum.some((value) => value !== 0));
    assert.match((await probe(manifest, runners, CPU)).numeric_class, /^[0-9a-f]{64}$/);
  });
}

Deno.test("features that are dropped have no gradient", async () => {
  // All but one in a million: no hidden feature of a critic is left, and its weights learn nothing.
  const none = pairOf(0.999999, 0.5);
  const built = await buildArtifacts(none);
  const bytes = Object.fromEntries(
    GRAPH_NAMES.map((name) => [name, built.files.get(built.manifest.graphs[name].file)!] as const),
  ) as Record<GraphName, Uint8Array>;
  const engine = new Engine(built.manifest, await compileGraphs(built.manifest, bytes, CPU), {
    seed: SEED,
    encoding: "uint8",
    num_shards: 4,
  });
  engine.setWeights("critic", weights.critic);
  engine.setWeights("generator", weights.generator);
  const given = task("critic", 0, 1);
  const leaves = given.leaves.map((leaf) => ({
    ...leaf,
    examples: leaf.examples!.subarray(0, MICRO_BATCH * FEATURES),
  }));
  const { sum } = await engine.sum({ ...given, leaves });
  const { slots } = built.manifest.layouts.critic;
  assert.ok(sum.subarray(0, slots.at(-1)!.offset).every((value) => value === 0));
});
