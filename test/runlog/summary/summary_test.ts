import assert from "node:assert/strict";
import { noneSkipped } from "../../../runlog/log/reader.ts";
import type { RecordOf, RunRecord } from "../../../runlog/records.ts";
import { RunFold, type Summary } from "../../../runlog/summary/summary.ts";
import { checkpoint, end, joined, runRecord, SHA, stepRecord, steps, TIME } from "../log/example_log.ts";

function summed(records: readonly RunRecord[], recent = false): Summary {
  const fold = new RunFold();
  for (const record of [runRecord(), ...records]) fold.add(record);
  return fold.summary(recent, noneSkipped());
}

function near(found: number | null, expected: number): void {
  // Sums of a few hundred float64 terms; measured at most 1.4e-17.
  assert.ok(
    found !== null && Math.abs(found - expected) <= 1e-16 * Math.max(1, Math.abs(expected)),
    `${found}`,
  );
}

const resumed = (step: number, incarnation = 1): RunRecord => ({
  type: "resume",
  step,
  incarnation,
  changed: {},
  time: TIME,
});

Deno.test("a finished run: every field", () => {
  const summary = summed([joined(1), joined(2, { threads: 4 }), ...steps(1, 300), checkpoint(300), end(300)]);
  assert.equal(summary.state, "finished");
  assert.equal(summary.steps, 300);
  assert.equal(summary.generator_steps, 60);
  assert.equal(summary.epoch, 3);
  assert.equal(summary.epoch_steps, 125);
  assert.deepEqual([summary.weights_sha256, summary.weights_from, summary.weights_step], [SHA, "end", 300]);
  assert.deepEqual([summary.bits, summary.numeric_classes], ["exact", ["c1"]]);
  // Means over steps 101..300: of n / 100, of -n / 100, and of -n where n is a multiple of 5.
  near(summary.wasserstein_estimate, 2.005);
  near(summary.loss_critic, -2.005);
  near(summary.loss_generator, -202.5);
  // Standard deviation of 200 equidistant values, d (n (n + 1) / 12)^(1/2), over the root of 200.
  near(summary.wasserstein_estimate_error, 0.01 * Math.sqrt(200 * 201 / 12 / 200));
  assert.equal(summary.examples_used, 2400);
  // 300 steps of 8 images in 10 ms each: the second before the first step is left out.
  near(summary.images_per_second, 800);
  near(summary.seconds, 4);
  assert.deepEqual([summary.bytes_in, summary.bytes_out], [30_000, 60_000]);
  assert.deepEqual(
    summary.workers.map(({ name, shards_computed, compute_ms_per_shard, first_step, last_step }) => (
      { name, shards_computed, compute_ms_per_shard, first_step, last_step }
    )),
    [
      { name: "host:1", shards_computed: 600, compute_ms_per_shard: 3, first_step: 1, last_step: 300 },
      { name: "host:2", shards_computed: 600, compute_ms_per_shard: 2, first_step: 1, last_step: 300 },
    ],
  );
  assert.deepEqual(summary.timings, {
    total: { mean_ms: 10, median_ms: 10 },
    wait: { mean_ms: 7, median_ms: 7 },
    compute: { mean_ms: 6, median_ms: 6 },
    sum: { mean_ms: 0.5, median_ms: 0.5 },
    update: { mean_ms: 1, median_ms: 1 },
    send: { mean_ms: 0.5, median_ms: 0.5 },
    other: { mean_ms: 1, median_ms: 1 },
  });
});

Deno.test("the curve has windows of equal length, the last may be shorter", () => {
  const curve = summed(steps(1, 125)).estimate_curve;
  assert.equal(curve.length, 42);
  assert.deepEqual(curve.map(({ step }) => step).slice(0, 3), [3, 6, 9]);
  assert.equal(curve.at(-1)!.step, 125);
  near(curve[0]!.wasserstein_estimate, 0.02);
  assert.equal(curve[0]!.loss_generator, null);
  assert.equal(curve[1]!.loss_generator, -5);
  near(curve.at(-1)!.wasserstein_estimate, 1.245);
  assert.ok(summed(steps(1, 10_000)).estimate_curve.length <= 60);
});

Deno.test("where the objective estimates no distance, there is none, but the scores' gap", () => {
  const records = steps(1, 10).map((record) => {
    const { wasserstein_estimate: _, ...rest } = record as RecordOf<"step">;
    return { ...rest, mean_real: 1, mean_fake: -0.5 } as RecordOf<"step">;
  });
  const { wasserstein_estimate, wasserstein_estimate_error, score_gap, estimate_curve } = summed(records);
  assert.deepEqual([wasserstein_estimate, wasserstein_estimate_error, score_gap], [null, null, 1.5]);
  assert.deepEqual(estimate_curve.map((point) => [point.wasserstein_estimate, point.score_gap])[0], [
    null,
    1.5,
  ]);
});

Deno.test("a worker with threads computes its shards side by side", () => {
  const workers = { 1: { shards: 4, compute_ms: 12, elapsed_ms: 4 } };
  const summary = summed([joined(1, { threads: 3 }), stepRecord(1, { workers })]);
  assert.equal(summary.timings.compute.mean_ms, 4);
});

Deno.test("a worker's time on the way is the mean over the steps that say it", () => {
  const work = { shards: 2, compute_ms: 4, elapsed_ms: 6 };
  const { workers } = summed([
    joined(1),
    joined(2),
    stepRecord(1, { workers: { 1: { ...work, answered_ms: 6.5 }, 2: work } }),
    stepRecord(2, { workers: { 1: { ...work, answered_ms: 9.5 }, 2: work } }),
    // Its own clock is slower than the coordinator's.
    stepRecord(3, { workers: { 1: { ...work, answered_ms: 5 }, 2: work } }),
    stepRecord(4, { workers: { 1: work, 2: work } }),
  ]);
  assert.deepEqual(workers.map(({ wire_ms_per_step }) => wire_ms_per_step), [4 / 3, null]);
});

Deno.test("before the first step nothing is known, and that is said", () => {
  const summary = summed([joined(1)], true);
  assert.equal(summary.state, "running");
  assert.deepEqual([summary.steps, summary.generator_steps, summary.epoch, summary.epoch_steps], [
    0,
    0,
    0,
    null,
  ]);
  assert.deepEqual([summary.examples_used, summary.images_per_second, summary.seconds], [0, null, 0]);
  assert.deepEqual([summary.loss_critic, summary.loss_generator, summary.wasserstein_estimate], [
    null,
    null,
    null,
  ]);
  assert.deepEqual([summary.bits, summary.numeric_classes, summary.weights_sha256], [null, [], null]);
  assert.deepEqual(summary.estimate_curve, []);
});

Deno.test("a run without an end runs or not; its weights are those of the last checkpoint", () => {
  const records = [joined(1), joined(2), ...steps(1, 30), checkpoint(20), checkpoint(25)];
  const summary = summed(records, true);
  assert.equal(summary.state, "running");
  assert.equal(summed(records, false).state, "unknown");
  assert.deepEqual(
    [summary.weights_sha256, summary.weights_from, summary.weights_step],
    ["weights at 25", "checkpoint", 25],
  );
  assert.equal(summary.bits, "exact");
});

Deno.test("the hash of the averaged generator is that of the same step as the weights'", () => {
  const saved = { ...checkpoint(25), averaged_sha256: "average at 25" } as RunRecord;
  assert.equal(summed([...steps(1, 30), saved]).averaged_sha256, "average at 25");
  assert.equal(summed([...steps(1, 30), saved, end(30)]).averaged_sha256, null);
  assert.equal(
    summed([...steps(1, 30), end(30, { averaged_sha256: "average at 30" })]).averaged_sha256,
    "average at 30",
  );
  assert.equal(summed([...steps(1, 30)]).averaged_sha256, null);
});

Deno.test("workers of two numeric classes that both computed make the bits a tolerance", () => {
  const other = joined(2, { numeric_class: "c2" });
  const alone = { 1: { shards: 4, compute_ms: 12, elapsed_ms: 13 } };
  assert.equal(summed([joined(1), other, ...steps(1, 3)]).bits, "tolerance");
  assert.equal(summed([joined(1), other, ...steps(1, 3, { workers: alone })]).bits, "exact");
});

Deno.test("what jobs found stands in the order of steps, whichever ended first", () => {
  const distance = (step: number, sliced_wasserstein: number): RunRecord =>
    ({ type: "evaluation", step, sliced_wasserstein }) as RunRecord;
  const { evaluations } = summed([distance(1, 0.5), distance(0, 0.9), distance(2, 0.4), distance(1, 0.6)]);
  assert.deepEqual(evaluations.map(({ step, sliced_wasserstein }) => [step, sliced_wasserstein]), [
    [0, 0.9],
    [1, 0.5],
    [1, 0.6],
    [2, 0.4],
  ]);
});

Deno.test("after a resume the last record of a step counts", () => {
  const again = steps(21, 40).map((record) =>
    record.type === "step"
      ? { ...record, wasserstein_estimate: 5, time_ms: record.time_ms - 200, bytes_in: 0 }
      : record
  );
  const summary = summed([
    joined(1),
    joined(2),
    ...steps(1, 30),
    checkpoint(20),
    checkpoint(30),
    { type: "sample", step: 30, file: "samples/30.png" },
    { type: "evaluation", step: 10, sliced_wasserstein: 0.5 },
    { type: "evaluation", step: 30, sliced_wasserstein: 0.4 },
    end(30, { reason: "interrupted", seconds: 2 }),
    resumed(20),
    joined(1, { name: "late" }),
    ...again,
  ], true);
  assert.equal(summary.state, "running");
  assert.equal(summary.incarnations, 2);
  assert.equal(summary.steps, 40);
  assert.deepEqual(summary.checkpoints.map(({ step }) => step), [20]);
  assert.deepEqual(summary.evaluations, [{ step: 10, sliced_wasserstein: 0.5 }]);
  assert.deepEqual(summary.samples, []);
  assert.equal(summary.weights_step, 20);
  assert.deepEqual(
    summary.estimate_curve.map((point) => point.wasserstein_estimate),
    [...Array.from({ length: 20 }, (_, i) => (i + 1) / 100), ...Array.from({ length: 20 }, () => 5)],
  );
  // The work and the time of the steps that were taken back are counted all the same.
  near(summary.seconds, 2 + 1.2);
  near(summary.images_per_second, 800);
  assert.equal(summary.examples_used, 320);
  assert.equal(summary.bytes_in, 3000);
  const workers = summary.workers.map((
    { incarnation, worker, name, shards_computed, left },
  ) => [incarnation, worker, name, shards_computed, left]);
  assert.deepEqual(workers, [
    [0, 1, "host:1", 60, "the coordinator stopped"],
    [0, 2, "host:2", 60, "the coordinator stopped"],
    [1, 1, "late", 40, null],
    // Its joining is not in the log.
    [1, 2, "worker 2", 40, null],
  ]);
});

Deno.test("the configuration is the present one", () => {
  const longer: RunRecord = {
    type: "resume",
    step: 5,
    incarnation: 1,
    changed: { steps: [30, 90] },
    time: TIME,
  };
  const { config } = summed([...steps(1, 5), checkpoint(5), longer, resumed(5, 2)]);
  assert.deepEqual([config.steps, config.batch], [90, 8]);
});

Deno.test("of a step that is there twice the last record counts, resumed or not", () => {
  const twice = summed([...steps(1, 4), stepRecord(3, { wasserstein_estimate: 7 })]);
  assert.equal(twice.steps, 3);
  assert.deepEqual(twice.estimate_curve.map((point) => point.wasserstein_estimate), [0.01, 0.02, 7]);
});

Deno.test("a resume at once after a resume goes back to the checkpoint", () => {
  const summary = summed([...steps(1, 12), checkpoint(10), resumed(10), resumed(10, 2)]);
  assert.deepEqual([summary.steps, summary.generator_steps, summary.incarnations], [10, 2, 3]);
  near(summary.images_per_second, 800);
});

Deno.test("the end is believed where the log lost steps", () => {
  const summary = summed([...steps(1, 8), end(10)]);
  assert.deepEqual([summary.steps, summary.generator_steps, summary.examples_used], [10, 2, 80]);
});

Deno.test("a worker that left says why; one that came back is another entry", () => {
  const left: RunRecord = {
    type: "worker_left",
    worker: 2,
    reason: "silence",
    shards_computed: 6,
    time: TIME,
  };
  const summary = summed([joined(1), joined(2), ...steps(1, 3), left, joined(3, { name: "host:2" })]);
  assert.deepEqual(summary.workers.map((worker) => [worker.name, worker.left]), [
    ["host:1", null],
    ["host:2", "silence"],
    ["host:2", null],
  ]);
});

Deno.test("a relay is shown with the workers behind it, as it told of them last", () => {
  const told = (threads: number, ...names: string[]): RunRecord => ({
    type: "relay_workers",
    worker: 1,
    num_workers: names.length,
    threads,
    workers: names.map((name) => ({ name, threads: 1 })),
    time: TIME,
  });
  const names = Array.from({ length: 10 }, (_, i) => `n${i}`);
  const [relay] = summed([joined(1), told(1, "a"), told(10, ...names)]).workers;
  assert.deepEqual([relay!.threads, relay!.device], [
    10,
    "10 workers: n0, n1, n2, n3, n4, n5, n6, n7, 2 more",
  ]);
});

Deno.test("all faults are counted, the last hundred are kept", () => {
  const faults = Array.from({ length: 130 }, (_, i): RunRecord => (
    { type: "fault", step: i, what: "late answer", worker: null, decision: "asked another", reason: "none" }
  ));
  const summary = summed(faults);
  assert.equal(summary.num_faults, 130);
  assert.deepEqual([summary.faults.length, summary.faults[0]!.step, summary.faults[99]!.step], [
    100,
    30,
    129,
  ]);
});

Deno.test("a configuration without a batch leaves out what needs it", () => {
  const fold = new RunFold();
  fold.add(runRecord({ config: {} }));
  for (const record of steps(1, 5)) fold.add(record);
  const { examples_used, images_per_second, steps: n } = fold.summary(false, noneSkipped());
  assert.deepEqual([examples_used, images_per_second, n], [null, null, 5]);
});

Deno.test("that a run was interrupted is not said twice, also where an older log does", () => {
  const ended = (detail: string) => summed([...steps(1, 2), end(2, { reason: "interrupted", detail })]);
  assert.equal(ended("interrupted").detail, "");
  assert.equal(ended("").detail, "");
  assert.equal(ended("the disk is full").detail, "the disk is full");
  assert.equal(summed(steps(1, 2)).detail, null);
});
