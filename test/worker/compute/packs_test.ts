/** Score jobs of a critic that takes packs, beside the network computed by hand. */
import assert from "node:assert/strict";
import { buildLayout, views } from "../../../models/layout.ts";
import { wganGp } from "../../../models/objectives/wgan_gp.ts";
import { Engine } from "../../../worker/compute/engine.ts";
import { compileGraphs } from "../../../worker/compute/graph_runner.ts";
import { Job } from "../../../worker/compute/jobs.ts";
import { CPU } from "../../../worker/runtime/device.ts";
import { EXAMPLE_BYTES, SEED, testRun } from "../test_run.ts";

const PAC = 3, COUNT = 6;
const run = await testRun(2, wganGp(10), PAC);

function score(pack: Float32Array): number {
  const { slots } = run.manifest.layouts.critic;
  const weights = new Map(views(buildLayout(slots), run.weights.critic));
  const [w0, b0, w1, b1] = slots.map(({ name }) => weights.get(name)!);
  const hidden = Array.from(
    b0!,
    (bias, row) => pack.reduce((sum, x, i) => sum + x * w0![row * pack.length + i]!, bias),
  );
  return hidden.reduce((sum, x, i) => sum + (x < 0 ? 0.2 * x : x) * w1![i]!, b1![0]!);
}

Deno.test("a critic of packs gives each example the score of its pack, and takes no part of one", async () => {
  const engine = new Engine(run.manifest, await compileGraphs(run.manifest, run.graphs, CPU), {
    seed: SEED,
    encoding: "uint8",
    num_shards: 2,
  });
  const input = Float32Array.from({ length: COUNT * EXAMPLE_BYTES }, (_, i) => i * 7 % 11 / 11 - 0.4);
  const { critic: weights } = run.weights;
  const job = (count: number) => new Job(engine, { kind: "score", count, noise_counter: 0, weights, input });
  const found = await job(COUNT).step();
  const size = PAC * EXAMPLE_BYTES;
  const expected = Array.from({ length: COUNT }, (_, i) => {
    const begin = Math.floor(i / PAC) * size;
    return score(input.subarray(begin, begin + size));
  });
  const error = Math.max(...expected.map((value, i) => Math.abs(value - found![i]!)));
  // Measured: 3e-8.
  assert.ok(error <= 3e-7, `error ${error}`);
  assert.notEqual(found![0], found![PAC]);
  assert.throws(() => job(COUNT - 1), {
    message: "Cannot score 5 examples: whole packs of 3 are required",
  });
});
