import assert from "node:assert/strict";
import { VARYING_CLASS } from "../../../common/numeric_class.ts";
import { CPU, type Device } from "../../../worker/runtime/device.ts";
import type { PoolOptions } from "../../../worker/compute/pool.ts";
import { type ComputePool, meanShardMs, numericClass } from "../../../worker/compute/pools/compute_pool.ts";
import { ThreadPoolCache } from "../../../worker/compute/pools/thread_pool_cache.ts";
import { testRun } from "../test_run.ts";

const run = await testRun();
const OPTIONS: PoolOptions = {
  manifest: run.manifest,
  graphs: run.graphs,
  options: { seed: 1, encoding: "uint8", num_shards: 2 },
};

/** Pools that only tell whether they were ended. */
function factory() {
  const started: { devices: number; ended: boolean }[] = [];
  const start = (devices: readonly Device[]) => {
    const entry = { devices: devices.length, ended: false };
    started.push(entry);
    const pool: Partial<ComputePool> = { probes: [], terminate: () => void (entry.ended = true) };
    return Promise.resolve(pool as ComputePool);
  };
  return { started, start };
}

Deno.test("threads are kept for the same graphs and options, and made anew for others", async () => {
  const { started, start } = factory();
  const thread_pools = new ThreadPoolCache([CPU, CPU, CPU], start);
  const first = await thread_pools.prepare(OPTIONS);
  assert.equal(await thread_pools.prepare({ ...OPTIONS, manifest: structuredClone(run.manifest) }), first);
  assert.deepEqual(started, [{ devices: 2, ended: false }]);
  await thread_pools.prepare({ ...OPTIONS, options: { ...OPTIONS.options, num_shards: 8 } });
  assert.deepEqual(started, [{ devices: 2, ended: true }, { devices: 3, ended: false }]);
  thread_pools.discard();
  assert.notEqual(await thread_pools.prepare(OPTIONS), first);
  assert.deepEqual(started.map(({ ended }) => ended), [true, true, false]);
});

Deno.test("a worker's class is that of its devices, where they agree", () => {
  const [a, b] = ["a1".repeat(32), "b2".repeat(32)];
  const classOf = (...classes: string[]) =>
    numericClass(classes.map((numeric_class) => ({ numeric_class, shard_ms: 1 })));
  assert.equal(classOf(a, a), a);
  assert.equal(classOf(a, b), VARYING_CLASS);
  assert.equal(classOf(a, VARYING_CLASS), VARYING_CLASS);
  assert.equal(meanShardMs([1, 2].map((shard_ms) => ({ numeric_class: a, shard_ms }))), 1.5);
});

Deno.test("a worker's provider names each device once", () => {
  assert.equal(new ThreadPoolCache([CPU, CPU]).provider, "cpu");
  const gpus = [0, 1].map((index): Device => ({ provider: "cuda", index }));
  assert.equal(new ThreadPoolCache(gpus).provider, "cuda:0,cuda:1");
});
