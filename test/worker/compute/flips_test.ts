import assert from "node:assert/strict";
import { fillNormal, Stream } from "../../../random/philox.ts";
import { Engine } from "../../../worker/compute/engine.ts";
import { compileGraphs } from "../../../worker/compute/graph_runner.ts";
import { CPU } from "../../../worker/runtime/device.ts";
import { MICRO_BATCH, SEED, testRun } from "../test_run.ts";

const SHARD = 1, COUNTER = 4, COLUMNS = 5, SIZE = 10;

Deno.test("a critic step with flips is one over the same images, flipped before", async () => {
  const run = await testRun(2);
  const examples = new Float32Array(MICRO_BATCH * SIZE);
  fillNormal(examples, { seed: 1, purpose: "probe", counter: 0, shard: 0 });
  const words = new Stream({ seed: SEED, purpose: "critic_flip", counter: COUNTER, shard: SHARD });
  const flipped = examples.slice();
  let num_flipped = 0;
  for (let n = 0; n < MICRO_BATCH; n++) {
    if (words.nextUint32() >= 2 ** 31) continue;
    num_flipped++;
    for (const row of [0, COLUMNS]) flipped.subarray(n * SIZE + row, n * SIZE + row + COLUMNS).reverse();
  }
  assert.ok(num_flipped > 0 && num_flipped < MICRO_BATCH);
  const sumOf = async (flip_columns: number | null, real: Float32Array<ArrayBuffer>) => {
    const runners = await compileGraphs(run.manifest, run.graphs, CPU);
    const engine = new Engine(run.manifest, runners, {
      seed: SEED,
      encoding: "float32",
      num_shards: 2,
      flip_columns,
    });
    engine.setWeights("critic", run.weights.critic);
    engine.setWeights("generator", run.weights.generator);
    const { sum } = await engine.sum({
      kind: "critic",
      node: { begin: SHARD, end: SHARD + 1 },
      leaves: [{ shard: SHARD, examples: new Uint8Array(real.buffer) }],
      noise_purpose: "critic_noise",
      noise_counter: COUNTER,
    });
    const copy = sum.slice();
    engine.release();
    return copy;
  };
  const found = await sumOf(COLUMNS, examples);
  assert.deepEqual(found, await sumOf(null, flipped));
  assert.notDeepEqual(found, await sumOf(null, examples));
});
