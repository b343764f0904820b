import assert from "node:assert/strict";
import { runTimings } from "../../../bench/report/run_timings.ts";
import type { RunRecord } from "../../../runlog/records.ts";
import { end, joined, runRecord, stepRecord } from "../../runlog/log/example_log.ts";

const BATCH = 8;

/** A step of 10 ms, of 30 ms with a generator step, whose parts are known. */
function timedStep(step: number, time_ms: number): RunRecord {
  const generator = step % 5 === 0;
  const times = generator ? 2 : 1;
  return {
    ...stepRecord(step),
    ...(generator && { generator: { loss: 0, checksum: "00" } }),
    ms: { total: 9, wait: 6 * times, sum: 0.5, update: 0.25, send: 1 },
    workers: {
      1: { shards: 2 * times, compute_ms: 4 * times, elapsed_ms: 5 * times },
      2: { shards: 2 * times, compute_ms: 1.5 * times, elapsed_ms: 5.5 * times },
    },
    time_ms,
  };
}

async function* run(num_steps: number, last: RunRecord[]): AsyncGenerator<RunRecord> {
  yield runRecord();
  yield joined(1, { threads: 4 });
  yield joined(2, { threads: 1 });
  let time_ms = 1000;
  for (let step = 1; step <= num_steps; step++) {
    // The first ten steps, the warm-up, are slow.
    time_ms += step <= 10 ? 500 : step % 5 === 0 ? 30 : 10;
    yield timedStep(step, time_ms);
  }
  yield* last;
}

const END = end(30, { images_per_second: 123 });

Deno.test("a run's timings leave the warm-up out and keep apart steps with a generator step", async () => {
  const timings = await runTimings(run(30, [END]), 10);
  assert.equal(timings.threads, 5);
  assert.equal(timings.critic_p95_ms, 10);
  assert.equal(timings.whole_run_images_per_second, 123);
  // 16 critic steps of 10 ms and 4 steps of 30 ms.
  assert.equal(timings.images_per_second, 20 * BATCH / (16 * 10 + 4 * 30) * 1000);
  assert.deepEqual(timings.critic, {
    step: 10,
    wait: 6,
    worker: 5.5,
    // Worker 1: 4 ms for two shards, side by side; worker 2: 1.5 ms on one thread.
    compute: 2,
    sum: 0.5,
    update: 0.25,
    send: 1,
    rest: 2.25,
  });
  assert.equal(timings.generator?.step, 30);
  assert.equal(timings.generator?.compute, 4);
  assert.equal(timings.generator?.rest, 30 - 12 - 1.75);
});

Deno.test("a run without an end, or without steps after its warm-up, has no timings", async () => {
  await assert.rejects(() => runTimings(run(30, []), 10), {
    message: "A run must end, and have steps after the 10 of its warm-up",
  });
  await assert.rejects(() => runTimings(run(10, [END]), 10), /must end, and have steps/);
});
