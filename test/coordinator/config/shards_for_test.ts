import assert from "node:assert/strict";
import fc from "fast-check";
import { UserError } from "../../../common/errors.ts";
import { resolveConfig } from "../../../coordinator/config/config.ts";
import { resumeConfig } from "../../../coordinator/config/resume_config.ts";
import { givenConfig } from "../../../coordinator/config/given_config.ts";
import { PRESETS } from "../../../coordinator/config/presets.ts";
import { shardsFor, withShards } from "../../../coordinator/config/shards_for.ts";

const images = { example_shape: [1, 28, 28] };

Deno.test("shards for threads: a divisor of the batch, at least one a thread and the preset's, and no smaller one is", () => {
  const sizes = fc.record({
    batch: fc.integer({ min: 1, max: 600 }),
    preset_shards: fc.integer({ min: 1, max: 8 }),
    threads: fc.integer({ min: 1, max: 600 }),
  }).filter(({ batch, threads }) => threads <= batch);
  fc.assert(
    fc.property(sizes, ({ batch, preset_shards, threads }) => {
      const fits = (shards: number) =>
        batch % shards === 0 && shards >= threads && (shards >= preset_shards || shards === batch);
      const shards = shardsFor(threads, { batch, preset_shards });
      const all = Array.from({ length: batch }, (_, i) => i + 1);
      assert.equal(shards, all.find(fits));
    }),
    { seed: 7 },
  );
});

Deno.test("--for-workers sets the shards of a run, whose record says these alone", () => {
  const shardsOf = (for_workers: number, batch?: number) =>
    resolveConfig({ for_workers, ...batch !== undefined && { batch } }, "wgan", images).shards;
  assert.deepEqual([1, 4, 5, 8, 16, 33, 64].map((n) => shardsOf(n)), [4, 4, 8, 8, 16, 64, 64]);
  assert.deepEqual([shardsOf(5, 60), shardsOf(100, 200), shardsOf(1, 2)], [5, 100, 2]);
  const config = resolveConfig({ for_workers: 8 }, "wgan", images);
  assert.deepEqual(config, resolveConfig({ shards: 8 }, "wgan", images));
  assert.ok(!("for_workers" in config));
});

Deno.test("--for-workers with too many threads, or beside --shards, is refused in one line", () => {
  const refused = (given: Parameters<typeof resolveConfig>[0], message: string) =>
    assert.throws(() => resolveConfig(given, "wgan", images), new UserError(message));
  refused(
    { for_workers: 100 },
    "Cannot plan shards for --for-workers 100: a step must have an example for each thread, found --batch 64; use " +
      "--batch 100 or more",
  );
  refused(
    { for_workers: 8, shards: 4 },
    "Cannot set the shards: one of --shards and --for-workers is required, found both (4 and 8); leave one out",
  );
});

Deno.test("--scale-batch keeps the examples of a shard, and lets the learning rate grow by the root", () => {
  for (const [name, { batch, shards, lr }] of Object.entries(PRESETS)) {
    assert.equal(batch % shards, 0, name);
    const scaled = withShards({ for_workers: 9 * shards, scale_batch: true }, {
      ...{ batch, lr },
      preset_shards: shards,
    });
    // By hand: nine times as many shards, and 3 is the root of 9.
    assert.deepEqual(scaled, { shards: 9 * shards, batch: 9 * batch, lr: 3 * lr }, name);
  }
  const config = (given: Parameters<typeof resolveConfig>[0]) => {
    const { shards, batch, lr } = resolveConfig(given, "wgan", images);
    return [shards, batch, lr];
  };
  assert.deepEqual(config({ for_workers: 6, scale_batch: true, lr: 0.25 }), [6, 96, 0.25]);
  assert.deepEqual(config({ for_workers: 2, scale_batch: true }), config({}));
  const run = resolveConfig({ for_workers: 16, scale_batch: true }, "wgan", images);
  assert.deepEqual(resumeConfig(run, { for_workers: 16, scale_batch: true }), run);
  assert.ok(!("scale_batch" in run));
  for (const given of [{ scale_batch: true }, { scale_batch: true, for_workers: 8, batch: 64 }]) {
    assert.throws(() => resolveConfig(given, "wgan", images), UserError);
  }
});

Deno.test("a resume takes --for-workers where it means the shards that the run has, and no other", () => {
  const run = resolveConfig({ for_workers: 8 }, "wgan", images);
  assert.deepEqual(resumeConfig(run, { for_workers: 6 }), run);
  assert.throws(() => resumeConfig(run, { for_workers: 9 }), /another shards: the run has 8, found 16/);
});

Deno.test("either way to set shards on the command line replaces either in the file", async () => {
  const config = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(config, JSON.stringify({ shards: 16, lr: 0.1 }));
    assert.deepEqual(givenConfig({ config, for_workers: 8 }), { lr: 0.1, for_workers: 8 });
    await Deno.writeTextFile(config, JSON.stringify({ for_workers: 8 }));
    assert.deepEqual(givenConfig({ config, shards: 2 }), { shards: 2 });
  } finally {
    await Deno.remove(config);
  }
});

Deno.test("a run of a preset that this version does not know resumes, with --for-workers and without", () => {
  const run = { ...resolveConfig({}, "wgan", images), preset: "of-tomorrow" as "wgan" };
  assert.deepEqual([resumeConfig(run, {}), resumeConfig(run, { for_workers: 4 })], [run, run]);
});
