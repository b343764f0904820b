import assert from "node:assert/strict";
import { takeSnapshot } from "../../../coordinator/live/snapshot.ts";
import { liveRun, momentOf } from "./scene.ts";
import type { View } from "../../../coordinator/live/view.ts";

function viewOf(moment: Parameters<typeof takeSnapshot>[0]): View {
  const parts = [...takeSnapshot(moment)].map(([name, text]) => [name, JSON.parse(text)]);
  return Object.fromEntries(parts) as View;
}

Deno.test("the page is told how the run stands", () => {
  const { now, workers, samples, heldout, ended, num_chunks } = viewOf(momentOf(liveRun(30)));
  assert.deepEqual([now.state, now.reason, now.step, now.generator_step], ["training", null, 30, 6]);
  assert.deepEqual([now.steps_per_second, now.seconds_left], [100, 10]);
  assert.deepEqual(now.means, { gap: 0.5, loss_critic: -0.5, loss_generator: -0.25, step_ms: 8 });
  assert.deepEqual(workers.map(({ worker, shards, silent_ms }) => [worker, shards, silent_ms]), [
    [1, 60, 1000],
    [2, 0, 1000],
  ]);
  assert.deepEqual(samples.map(({ step }) => step), [10, 20, 30]);
  assert.deepEqual(heldout[0], { step: 10, gap: 0.4, training_gap: 0.45, cost: -0.4 });
  assert.deepEqual([ended, num_chunks], [null, 1]);
});

Deno.test("the page is told why the run waits, and how it ended", () => {
  const live = liveRun(30);
  const moment = momentOf(live);
  const alone = { ...moment, crew: { ...moment.crew, members: [] } };
  assert.deepEqual(
    [viewOf(alone).now.state, viewOf(alone).now.reason, viewOf(alone).now.missing_workers],
    ["waiting", "Waiting for 1 worker", 1],
  );
  assert.equal(viewOf(moment).now.missing_workers, 0);
  live.record({
    type: "end",
    reason: "finished",
    detail: "",
    step: 30,
    generator_steps: 6,
    weights_sha256: "ab",
    bits: "exact",
    numeric_classes: [],
    examples_used: 1920,
    seconds: 0.3,
    images_per_second: 6400,
  });
  const { now, ended } = viewOf(moment);
  assert.deepEqual([now.state, now.seconds_left, ended?.reason], ["ended", null, "finished"]);
});

Deno.test("distances of the samples are told in order, and taken back by a resume", () => {
  const live = liveRun(30);
  for (const step of [0, 10, 20]) {
    live.record({ type: "evaluation", step, sliced_wasserstein: 1 / (step + 3) });
  }
  const measured = () => viewOf(momentOf(live)).evaluations;
  assert.deepEqual(measured().map(({ step }) => step), [0, 10, 20]);
  assert.equal(measured()[0]!.sliced_wasserstein, 0.33333);
  live.record({ type: "resume", step: 10, incarnation: 1, changed: {}, time: "2026-11-24T00:00:00Z" });
  assert.deepEqual(measured().map(({ step }) => step), [0, 10]);
});

Deno.test("figures of features are told as they are shown, where there are some", () => {
  const live = liveRun(30);
  live.record({ type: "evaluation", step: 10, sliced_wasserstein: 0.5 });
  live.record({
    type: "evaluation",
    step: 20,
    sliced_wasserstein: 0.5,
    kernel_distance: 0.0123,
    recall: 0.5,
  });
  const { evaluations } = viewOf(momentOf(live));
  assert.deepEqual(evaluations.map(({ figures }) => figures), [
    undefined,
    { kernel_distance: 12.3, recall: 0.5 },
  ]);
});

Deno.test("the verdict is on the page, with its state for a colour and its sentence for people", () => {
  const early = viewOf(momentOf(liveRun(30))).verdict;
  assert.deepEqual([early.state, early.label, early.tone], ["too-early", "Too early to tell", "neutral"]);
  const live = liveRun(600);
  for (const [step, sliced_wasserstein] of [[0, 0.8], [300, 0.4], [600, 0.2]] as const) {
    live.record({ type: "evaluation", step, sliced_wasserstein });
  }
  const { verdict } = viewOf(momentOf(live));
  assert.deepEqual([verdict.state, verdict.advice], ["learning", null]);
  assert.match(verdict.sentence, /fell 50 % since step 300/);
});

Deno.test("the doctor's findings are on the page", () => {
  const live = liveRun(0);
  const { findings } = viewOf(momentOf(live));
  assert.deepEqual(findings, []);
  const moment = momentOf(live);
  // Worker 2 has had nothing to do for so many steps.
  const later = liveRun(200);
  const found = viewOf({ ...moment, live: later }).findings;
  assert.deepEqual(found.map(({ code }) => code), ["worker-idle"]);
  assert.match(found[0]!.seen, /no work for worker 2/);
});
