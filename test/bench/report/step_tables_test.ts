import assert from "node:assert/strict";
import { lanesOf } from "../../../bench/step/bare_compute.ts";
import { bestVariant, type DdpResult } from "../../../bench/peers/ddp.ts";
import type { DdpBest, RunSamples } from "../../../bench/report/step_samples.ts";
import { stepTables, stepVerdicts } from "../../../bench/report/step_tables.ts";

const PARTS = { step: 6, wait: 4, worker: 3, compute: 2, sum: 0.1, update: 0.2, send: 0.3, rest: 1.4 };

/** Two rounds; the second on a machine that was twice as slow. */
function samples(workers: number, speed: number, shards = 4): RunSamples {
  const timing = {
    critic: PARTS,
    generator: PARTS,
    critic_p95_ms: 9,
    images_per_second: speed,
    whole_run_images_per_second: speed / 2,
    threads: 2,
  };
  const slow = { ...timing, critic: { ...PARTS, step: 12 }, images_per_second: speed / 2 };
  return {
    setup: { workers, shards },
    timings: [timing, slow],
    bare: [{ critic_ms: 4, generator_ms: 8 }, { critic_ms: 8, generator_ms: 16 }],
    bound: [{ critic_ms: 3, generator_ms: 6 }, { critic_ms: 6, generator_ms: 12 }],
  };
}

function result(variant: string, images_per_second: number): Exclude<DdpResult, { error: string }> {
  return { variant, images_per_second, critic_ms: 5, critic_p95_ms: 6, generator_ms: 15 };
}

Deno.test("ratios are taken round by round, and decide what is reached", () => {
  const best: DdpBest[] = [
    { setup: { world: 1, threads: 1 }, figures: [result("a", 1), result("a", 1)] },
    { setup: { world: 2, threads: 1 }, figures: [result("a", 2000), result("a", 1000)] },
  ];
  const [bare, ddp] = stepVerdicts([samples(1, 1), samples(2, 6000)], best);
  assert.equal(bare?.found, "1.50 [1.50, 1.50]");
  assert.equal(bare?.reached, true);
  assert.equal(ddp?.found, "3.00 [3.00, 3.00]");
  assert.equal(ddp?.reached, true);
  const both = stepVerdicts([samples(2, 3000), samples(2, 5000, 2)], best);
  assert.deepEqual(both.map(({ reached }) => reached), [true, false, true, true]);
  assert.match(both[3]!.requirement, /^2 workers, 2 shards: images per second over those of PyTorch DDP/);
  const [speed] = stepTables([samples(2, 6000)], best);
  assert.deepEqual(speed?.rows[0]?.slice(-4), ["1.50", "4.50", "2.00", "3.00"]);
});

Deno.test("without PyTorch its columns are empty, and nothing is required of them", () => {
  const tables = stepTables([samples(2, 6000)], []);
  assert.equal(tables.length, 2);
  assert.equal(tables[0]?.rows[0]?.at(-1), "-");
  assert.equal(stepVerdicts([samples(2, 6000)], []).length, 1);
});

Deno.test("PyTorch's best variant is the fastest of those that ran in every round", () => {
  const rounds: DdpResult[][] = [
    [result("slow", 10), result("fast", 20), result("lucky", 90)],
    [result("slow", 11), result("fast", 21), { variant: "lucky", error: "Boom" }],
  ];
  assert.deepEqual(bestVariant(rounds), [result("fast", 20), result("fast", 21)]);
  assert.throws(() => bestVariant([[{ variant: "lucky", error: "Boom" }]]), {
    message: "No variant of PyTorch ran: Boom",
  });
});

Deno.test("lanes are the compute threads that have shards, and their busiest share", () => {
  assert.deepEqual(lanesOf(2, 4, 64), { num_lanes: 2, shards_per_lane: 2, micro_batch: 16 });
  assert.deepEqual(lanesOf(8, 2, 64), { num_lanes: 2, shards_per_lane: 1, micro_batch: 32 });
  assert.deepEqual(lanesOf(3, 4, 64), { num_lanes: 3, shards_per_lane: 2, micro_batch: 16 });
});
