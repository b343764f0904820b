/** Simulated runs beside times that are worked out by hand. */
import assert from "node:assert/strict";
import { type Length, simulate } from "../../simulation/measure.ts";
import type { Setup } from "../../simulation/setup.ts";
import { FREE, group, link, setup } from "./scene.ts";

/** Too few steps for another team to be tried. */
const LENGTH: Length = { warmup_ms: 0, measured_ms: 0, fewest_steps: 3, most_events: 1e6 };
const step = async (more: Partial<Setup>) =>
  (await simulate(setup({ n_critic: 1, ...more }), LENGTH)).step_ms;

/** Messages with 1 MB take 8 ms at 1 Gbit/s, headers and tails aside: found within 0.3 %. */
const close = (found: number, expected: number) =>
  assert.ok(Math.abs(found / expected - 1) < 0.006, `${found} ms, and not ${expected}`);

Deno.test("a local worker's step is its computing", async () => {
  close(await step({}), 2 * 40);
  close(await step({ groups: [group({ count: 2 })] }), 2 * 20);
  close(await step({ groups: [group({ count: 2 })], cores: 1 }), 2 * 40);
  close(await step({ groups: [group({ threads: 4 })], cores: 4 }), 2 * 10);
});

Deno.test("behind a link: weights down, computing, the sum up, one after the other, and both ways' delay", async () => {
  const groups = [group({ link: link("1gbit:500mbit/20ms") })];
  close(await step({ groups }), 2 * (8 + 40 + 16 + 20));
});

Deno.test("in chunks, the way up and the way down overlap: a step takes the longer one, and a chunk of the other", async () => {
  const groups = [group({ link: link("1gbit:500mbit/20ms") })];
  // 16 chunks of 0.5 ms down and 1 ms up.
  close(await step({ groups, streams: true }), 2 * (40 + 16 + 0.5 + 20));
  const two = [group({ count: 2, link: link("1gbit"), step_ms: { critic: 50, generator: 50 } })];
  close(await step({ groups: two, streams: true }), 2 * (100 + 8 + 0.5));
});

Deno.test("rounded chunks travel as differences, and are a quarter of the bytes", async () => {
  const groups = [group({ link: link("100mbit") })];
  const wire = { format: "int8", group_shards: 4 } as const;
  const { step_bytes } = await simulate(setup({ n_critic: 1, groups, wire, streams: true }), LENGTH);
  assert.ok(step_bytes > 1.01e6 && step_bytes < 1.04e6, `${step_bytes}`);
});

/** So long that nothing is gained by fewer workers. */
const LONG = { step_ms: { critic: 100, generator: 100 } };

Deno.test("messages of several workers share the coordinator's link, each way", async () => {
  const groups = [group({ count: 4, link: link("10gbit"), ...LONG })];
  const coordinator_link = { down_bps: 1e9, up_bps: 5e8 };
  // Four messages of 16 ms out, and then the work; four of 8 ms in, the first piece of each 0.1 ms after it was sent.
  close(await step({ groups, coordinator_link }), 2 * (4 * 16 + 100 + 0.1 + 4 * 8));
});

Deno.test("the coordinator's processor takes messages one after the other", async () => {
  const groups = [group({ count: 4, link: link("1000gbit"), ...LONG })];
  const costs = {
    ...FREE,
    receive_ns_per_byte: 5,
    send_ns_per_byte: 3,
    update_ns_per_weight: 8,
    sum_ns_per_number: 2,
  };
  // Four messages out, 3 ms each, and then the work; four in, 5 ms each; 2 ms for the update, 4 x 0.5 ms for the sum.
  close(await step({ groups, costs }), 2 * (4 * 3 + 100 + 4 * 5 + 4));
});

Deno.test("fakes are made ahead while a worker waits, but not before a step that follows the generator's", async () => {
  const groups = [group({ link: link("100mbit") })];
  const length = { ...LENGTH, fewest_steps: 5 };
  const { step_ms } = await simulate(setup({ groups, fakes_share: 0.5 }), length);
  // 80 ms each way. Four critic steps in five need half of their 40 ms; the fifth, and the generator's, all of it.
  close(step_ms, 160 + (4 * 20 + 40) / 5 + (160 + 40) / 5);
});

Deno.test("a share of the work goes to each of unequal workers, by their speeds", async () => {
  const groups = [
    group({ name: "slow", step_ms: { critic: 30, generator: 30 } }),
    group({ name: "fast", step_ms: { critic: 10, generator: 10 } }),
  ];
  const length = { ...LENGTH, warmup_ms: 30_000 };
  const { shards, parts } = await simulate(setup({ n_critic: 1, groups }), length);
  assert.deepEqual([...shards], [["slow", 1], ["fast", 3]]);
  assert.equal(parts.computing, 60);
});

Deno.test("rounded sums and differences are a quarter of the bytes", async () => {
  const groups = [group({ link: link("100mbit") })];
  const bytes = async (format: "float32" | "int8") => {
    const wire = { format, group_shards: format === "int8" ? 4 : null } as const;
    return (await simulate(setup({ n_critic: 1, groups, wire }), LENGTH)).step_bytes;
  };
  const share = await bytes("int8") / await bytes("float32");
  assert.ok(share > 0.25 && share < 0.26, `${share}`);
});

Deno.test("the same set-up gives the same figures, jitter and all", async () => {
  const groups = [group({ count: 3, link: link("100mbit/20ms/5ms") })];
  const find = () => simulate(setup({ n_critic: 5, groups }), LENGTH);
  assert.deepEqual(await find(), await find());
});
