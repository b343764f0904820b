import assert from "node:assert/strict";
import { RunCounters } from "../../../coordinator/live/counters.ts";
import { joined, stepRecord } from "./step_facts.ts";

Deno.test("a worker's step is split into computing, wire and waiting, which add up to it", () => {
  const counters = new RunCounters();
  counters.add(joined(1, { threads: 2 }));
  counters.add(joined(2));
  for (let step = 1; step <= 10; step++) counters.add(stepRecord(step));
  // Two shards of 4 ms in all on two threads; 0.5 ms of its 5 ms are not its own; the step takes 8 ms.
  assert.deepEqual(counters.workers.get(1)!.split, { compute_ms: 2, wire_ms: 0.5, wait_ms: 5.5 });
  // The other one had nothing to do.
  assert.deepEqual(counters.workers.get(2)!.split, { compute_ms: 0, wire_ms: 0, wait_ms: 8 });
  assert.deepEqual([counters.workers.get(1)!.shards, counters.workers.get(1)!.compute_ms], [20, 40]);
});

Deno.test("a generator step computes every shard twice, on the same threads", () => {
  const counters = new RunCounters();
  counters.add(joined(1, { threads: 2 }));
  const workers = { 1: { shards: 2, compute_ms: 6, elapsed_ms: 7, answered_ms: 7.5 } };
  counters.add(stepRecord(5, { generator: { loss: -1, checksum: "" }, workers }));
  // One shard at a time, critic and generator: both shares of its time lie one after the other.
  assert.deepEqual(counters.workers.get(1)!.split, { compute_ms: 6, wire_ms: 0.5, wait_ms: 1.5 });
});

Deno.test("counts are of this start of the coordinator, and phases add up to the steps", () => {
  const counters = new RunCounters();
  counters.add(joined(1));
  for (let step = 1001; step <= 1004; step++) counters.add(stepRecord(step));
  counters.add(stepRecord(1005, { generator: { loss: -2, checksum: "" } }));
  const { steps, generator_steps, bytes_in, bytes_out, phases_ms } = counters;
  assert.deepEqual({ steps, generator_steps, bytes_in, bytes_out }, {
    steps: 5,
    generator_steps: 1,
    bytes_in: 500,
    bytes_out: 1000,
  });
  assert.deepEqual(phases_ms, { wait: 25, sum: 5, update: 2.5, send: 1.25, other: 6.25 });
  assert.deepEqual(counters.means, { gap: 0.5, loss_critic: -0.5, loss_generator: -2, step_ms: 8 });
  counters.add({ type: "worker_left", worker: 1, reason: "", shards_computed: 0, time: "" });
  assert.equal(counters.workers.size, 0);
});

Deno.test("the speed is that of the last steps, and falls while no step comes", () => {
  const counters = new RunCounters();
  assert.equal(counters.speed(0), null);
  for (let step = 1; step <= 400; step++) counters.add(stepRecord(step));
  assert.equal(counters.speed(4000), 100);
  assert.equal(counters.speed(4010), 100);
  // 255 intervals of 10 ms, then 2,560 ms without a step of which 10 are usual.
  assert.equal(counters.speed(6560), 1000 * 255 / (2550 + 2550));
});
