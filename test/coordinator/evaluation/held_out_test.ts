import assert from "node:assert/strict";
import { dataSetOf } from "../../../coordinator/data/data_set.ts";
import { ShardPlan } from "../../../coordinator/data/plan.ts";
import { mostExamples } from "../../../coordinator/fleet/jobs.ts";
import { HeldOut } from "../../../coordinator/evaluation/held_out.ts";
import { ShardedData } from "../../../coordinator/data/sharded_data.ts";

/** 20 examples of two bytes each, both the example's number. */
async function heldOut(holdout: number, pac?: number) {
  const bytes = Uint8Array.from({ length: 40 }, (_, i) => i >> 1);
  const data = dataSetOf("numbers", [2], "uint8", bytes);
  const plan = new ShardPlan({ num_examples: 20, num_shards: 2, batch: 4, holdout, seed: 1 });
  return { held_out: new HeldOut(await ShardedData.of(data, plan), pac), plan };
}

Deno.test("held-out examples, as many training examples and the samples are scored together", async () => {
  const { held_out, plan } = await heldOut(0.25);
  assert.equal(held_out.count, 5);
  const input = held_out.input(Float32Array.of(7, 7, 8, 8));
  const numbers = [...input].filter((_, i) => i % 2 === 0).map((value) => Math.round((value + 1) * 127.5));
  assert.deepEqual(numbers.slice(0, 10), [...plan.holdout, ...plan.shards[0]!.subarray(0, 5)]);
  assert.deepEqual([...input.subarray(20)], [7, 7, 8, 8]);
  // Scores 1 of what is held out, 2 of training examples, 4 and 6 of the samples.
  assert.deepEqual(held_out.figures(Float32Array.of(1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 4, 6)), {
    critic_cost: 4,
    mean_real: 1,
    mean_training: 2,
    mean_fake: 5,
  });
});

Deno.test("a critic of packs scores whole packs of each kind", async () => {
  const { held_out } = await heldOut(0.25, 3);
  assert.equal(held_out.count, 3);
  assert.equal(held_out.input(new Float32Array(6)).length, 3 * 3 * 2);
  assert.equal((await heldOut(0.25, 6)).held_out.count, 0);
});

Deno.test("nothing is scored where nothing is held out", async () => {
  assert.equal((await heldOut(0)).held_out.count, 0);
});

Deno.test("no job is asked for more examples than a frame of 64 MiB holds", () => {
  // 4 bytes x 3 x 64 x 64 = 49,152 an example; 1 MiB is left for the header.
  assert.equal(mostExamples([3, 64, 64]), 1344);
  assert.equal(mostExamples([3, 64, 64]) * 49_152 + 2 ** 20, 64 * 2 ** 20);
  assert.ok(mostExamples([32, 32]) > 2_500);
});
