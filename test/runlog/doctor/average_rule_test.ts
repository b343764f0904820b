import assert from "node:assert/strict";
import { average_better, average_lags, average_worse } from "../../../runlog/doctor/average_rule.ts";
import { noneSkipped } from "../../../runlog/log/reader.ts";
import { RunFold, type Summary } from "../../../runlog/summary/summary.ts";
import { runRecord } from "../log/example_log.ts";

const EMPTY: Summary = (() => {
  const fold = new RunFold();
  fold.add(runRecord());
  return fold.summary(false, noneSkipped());
})();

/** Batches of 64, a generator step after five critic steps: 12,800 examples after 1,000 steps. */
function runOf(steps: number, settings: Readonly<Record<string, unknown>>): Summary {
  const config = { ...EMPTY.config, batch: 64, steps: 1000, ...settings };
  return { ...EMPTY, steps, generator_steps: Math.floor(steps / 5), config };
}

Deno.test("average-lags: speaks where a tenth of the initial weights will be left at the end, early on as well", () => {
  // 12,800 examples are three and four half-lives: an eighth and a sixteenth of the initial weights are left.
  for (const steps of [500, 1000]) {
    const found = average_lags.find(runOf(steps, { ema_half_life: 12_800 / 3 }))!;
    assert.ok(Math.abs(found.numbers.share! - 0.125) < 1e-12);
    assert.equal(found.change, "Start a new run with --ema-half-life 600, or with more --steps");
    assert.match(found.seen, /12\.5 % of the averaged generator will come from its initial weights/);
    assert.equal(average_lags.find(runOf(steps, { ema_half_life: 12_800 / 4 })), null);
  }
});

Deno.test("average-lags: silent without an average, before 100 generator steps, and where the run is long enough", () => {
  assert.equal(average_lags.find(runOf(1000, {})), null);
  assert.equal(average_lags.find(runOf(1000, { ema_half_life: 0 })), null);
  assert.equal(average_lags.find(runOf(495, { ema_half_life: 1e9 })), null);
  assert.notEqual(average_lags.find(runOf(500, { ema_half_life: 1e9 })), null);
  assert.equal(average_lags.find(runOf(500, { ema_half_life: 1e4, steps: 10_000 })), null);
});

/** Distances by the average and by the raw weights, at each hundredth step before the last ones. */
function measured(
  steps: number,
  settings: Readonly<Record<string, unknown>>,
  ...distances: [number, number?][]
): Summary {
  const evaluations = distances.map(([sliced_wasserstein, raw], i) => ({
    step: steps - 100 * (distances.length - 1 - i),
    sliced_wasserstein,
    ...raw !== undefined && { raw_sliced_wasserstein: raw },
  }));
  return { ...runOf(steps, settings), evaluations };
}

Deno.test("average-worse: the mean of the last three distances is compared, with what to do", () => {
  const settings = { ema_half_life: 2500 };
  const found = average_worse.find(
    measured(1000, settings, [9, 0.1], [0.5, 0.375], [0.5, 0.375], [0.75, 0.5]),
  )!;
  assert.deepEqual([found.first_step, found.last_step, found.passed], [800, 1000, undefined]);
  assert.match(found.seen, /generator are 0\.583 from the data, and those of its raw weights 0\.417 \(mean/);
  assert.equal(found.change, "Start a new run with --ema-half-life 500");
  // 1.25 times as far is as good.
  const same = [[0.625, 0.5], [0.625, 0.5], [0.625, 0.5]] as [number, number][];
  assert.equal(average_worse.find(measured(1000, settings, ...same)), null);
});

Deno.test("average-worse: silent in the first half of a run, for few distances, and where the average lags", () => {
  const worse = [[0.9, 0.1], [0.9, 0.1], [0.9, 0.1]] as [number, number][];
  const settings = { ema_half_life: 2500 };
  assert.notEqual(average_worse.find(measured(500, settings, ...worse)), null);
  assert.equal(average_worse.find(measured(500, { ...settings, steps: 1001 }, ...worse)), null);
  assert.equal(average_worse.find(measured(1000, settings, ...worse.slice(1))), null);
  assert.equal(average_worse.find(measured(1000, settings, ...worse.slice(1), [0.9])), null);
  assert.equal(average_worse.find(measured(1000, { ema_half_life: 1e6 }, ...worse)), null);
  assert.equal(average_worse.find(measured(495, { ...settings, steps: 495 }, ...worse)), null);
});

Deno.test("average-better: a note where raw weights are farther from the data", () => {
  const better = [[0.25, 0.375], [0.25, 0.375], [0.25, 0.375]] as [number, number][];
  const found = average_better.find(measured(1000, { ema_half_life: 2500 }, ...better))!;
  assert.deepEqual([found.passed, found.numbers], [true, { averaged: 0.25, raw: 0.375 }]);
  assert.equal(average_worse.find(measured(1000, { ema_half_life: 2500 }, ...better)), null);
  const same = better.map(([averaged]): [number, number] => [averaged, 1.25 * averaged]);
  assert.equal(average_better.find(measured(1000, { ema_half_life: 2500 }, ...same)), null);
});
