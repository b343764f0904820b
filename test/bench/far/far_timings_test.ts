import assert from "node:assert/strict";
import { countSteps, type FarTimings, farTimings } from "../../../bench/far/far_timings.ts";
import { type FarSamples, farTables, farVerdicts, type Mode } from "../../../bench/far/far_tables.ts";
import { type Link, parseLink } from "../../../common/link.ts";
import type { RunRecord } from "../../../runlog/records.ts";
import { joined, runRecord, stepRecord } from "../../runlog/log/example_log.ts";

const BATCH = 8;
const work = (shards: number, elapsed_ms: number) => ({ shards, compute_ms: 1, elapsed_ms });

async function* run(
  steps: readonly object[],
): AsyncGenerator<RunRecord> {
  yield runRecord();
  yield joined(1, { name: "near-1" });
  yield joined(2, { name: "far-1" });
  for (const [i, step] of steps.entries()) yield { ...stepRecord(i + 1), ...step } as RunRecord;
}

Deno.test("timings of a run over links begin after the warm-up, and count what is waited for on the way", async () => {
  const ms = { total: 90, wait: 80, sum: 1, update: 1, send: 1 };
  const slow = { ms, bytes_in: 1e9, bytes_out: 1e9 };
  const timings = await farTimings(
    run([
      { ...slow, time_ms: 5_000 },
      { ...slow, time_ms: 6_000 },
      { ms, time_ms: 6_100, bytes_in: 300, bytes_out: 100, workers: { 1: work(1, 5), 2: work(3, 60) } },
      {
        ms,
        time_ms: 6_200,
        bytes_in: 500,
        bytes_out: 100,
        workers: { 1: work(8, 70) },
        generator: { loss: 0, checksum: "00" },
      },
    ]),
    1_000,
  );
  assert.deepEqual(timings, {
    images_per_second: 2 * BATCH / 0.2,
    step_ms: 100,
    step_bytes: 500,
    waiting: (20 + 10) / 200,
    shards: { "near-1": 2.5, "far-1": 1.5 },
    // 2 ms for 4 shards; with the generator's, 1 ms for 8.
    shard_ms: { critic: 0.5, generator: -0.25 },
    num_steps: 2,
    critic_step: { step_ms: 100, computing_ms: 60, up_bytes: 300, down_bytes: 100 },
  });
});

Deno.test("a critic step is timed behind another, where no generator's weights are on the way", async () => {
  const generator = { loss: 0, checksum: "00" };
  const step = (time_ms: number, bytes_in: number, more = {}) => ({
    ...{ time_ms, bytes_in, bytes_out: 2 * bytes_in, workers: { 2: work(4, 30) } },
    generator: undefined,
    ...more,
  });
  const { critic_step } = await farTimings(
    run([
      step(0, 9),
      step(1_000, 9),
      step(1_100, 10),
      step(1_900, 500, { generator }),
      step(2_600, 500),
      step(2_720, 20),
    ]),
    1_000,
  );
  assert.deepEqual(critic_step, { step_ms: 110, computing_ms: 30, up_bytes: 15, down_bytes: 30 });
  const none = await farTimings(run([step(0, 9), step(10, 9, { generator }), step(20, 9, { generator })]), 0);
  assert.equal(none.critic_step, null);
});

Deno.test("a run without two steps after its warm-up has no timings", async () => {
  assert.equal(await countSteps(run([]), 10), 0);
  assert.equal(await countSteps(run([{ time_ms: 0 }, { time_ms: 9 }, { time_ms: 10 }]), 10), 1);
  await assert.rejects(farTimings(run([{ time_ms: 0 }, { time_ms: 9 }, { time_ms: 10 }]), 10), /two steps/);
});

const FLOAT32: Mode = { name: "float32", options: {} };
const timing = (images_per_second: number): FarTimings => ({
  images_per_second,
  step_ms: 1,
  step_bytes: 6e6,
  waiting: 0.25,
  shards: { "near-1": 3, "far-1": 1 },
  shard_ms: { critic: 3, generator: 4 },
  num_steps: 9,
  critic_step: { step_ms: 200, computing_ms: 20, up_bytes: 2e6, down_bytes: 1e6 },
});
const samples = (
  mode: Mode,
  near: number,
  far: number,
  link: Link | null,
  ...speeds: number[]
): FarSamples => ({
  mode,
  setup: { near, far, link, shaping: "relay" },
  timings: speeds.map(timing),
});

Deno.test("a far worker is compared round by round: with the near one alone, a second with the first", () => {
  const [fast, slow] = [parseLink("1gbit"), parseLink("20mbit")];
  const other: Mode = { name: "int8", options: { wire: "int8" } };
  const all = [
    samples(FLOAT32, 1, 0, null, 100, 50, 80),
    samples(FLOAT32, 0, 1, fast, 40, 20, 30),
    samples(FLOAT32, 0, 2, fast, 44, 21, 27),
    samples(FLOAT32, 1, 1, slow, 94, 47.5, 79),
    samples(other, 1, 0, null, 200, 200, 200),
    samples(other, 1, 2, slow, 188, 196, 188),
    samples(other, 0, 2, slow, 5, 5, 5),
  ];
  assert.deepEqual(
    farVerdicts(all).map(({ requirement, found, reached }) => [requirement, found.split(" ")[0], reached]),
    [
      ["0 near and 2 far behind 1gbit (relay, float32): at least 1 of 1 far", "1.05", true],
      ["1 near and 1 far behind 20mbit (relay, float32): at least 0.95 of 1 near alone", "0.950", true],
      ["1 near and 2 far behind 20mbit (relay, int8): at least 0.95 of 1 near alone", "0.940", false],
      // 180 ms for 2 MB, which take 16 ms.
      [
        "Critic step of 1 far behind 1gbit (relay, float32), without computing: at most 1.15 of the slower way",
        "11.3",
        false,
      ],
    ],
  );
  const asymmetric = samples(FLOAT32, 0, 1, parseLink("50mbit:100mbit/20ms"), 1);
  assert.deepEqual(farVerdicts([asymmetric]).map(({ found, reached }) => [found.split(" ")[0], reached]), [[
    "1.00",
    true,
  ]]);
  const [runs, distances] = farTables(all, new Map([["float32", 0.5]]), 600);
  assert.deepEqual(runs!.rows[3], [
    ...["20mbit", "relay", "float32", "1 + 1", "79.0 [63.3, 86.5]", "0.950 [0.945, 0.969]", "6.00", "25.0"],
    ...["", "far-1: 1.0, near-1: 3.0"],
  ]);
  assert.deepEqual([distances!.title, distances!.rows], ["After 600 steps", [["float32", "0.500"]]]);
});
