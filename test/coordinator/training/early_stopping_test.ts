/** Early stopping, over made-up series: how often it is found where it is, and where it is not. */
import assert from "node:assert/strict";
import {
  type EarlyStoppingWatch,
  FIRST_EARLY_STOPPING_WATCH,
  look,
  tQuantile,
  trendOf,
  watchEstimate,
} from "../../../coordinator/training/early_stopping.ts";
import { Stream } from "../../../random/philox.ts";

const NUM_SEEDS = 40;
const NUM_STEPS = 40_000;
const MIN_STEPS = 4_000;

/** Normal noise of standard deviation `sd`, each number correlated with the one before by `correlation`. */
function noise(seed: number, sd: number, correlation: number): () => number {
  const uniform = new Stream({ seed, purpose: "dataset", counter: 0, shard: 0 });
  let last = 0;
  return () => {
    // Three uniforms, less their mean, to a variance of 1: normal enough for means of blocks.
    const sum = 2 * (uniform.nextUniform() + uniform.nextUniform() + uniform.nextUniform() - 1.5);
    last = correlation * last + Math.sqrt(1 - correlation * correlation) * sum;
    return sd * last;
  };
}

/** The step at which a run with this estimate stops; null: it does not. */
function stopOf(estimate: (step: number) => number, next: () => number): number | null {
  let watch: EarlyStoppingWatch = FIRST_EARLY_STOPPING_WATCH;
  for (let step = 1; step <= NUM_STEPS; step++) {
    const looked = look(watchEstimate(watch, estimate(step) + next()), step, MIN_STEPS);
    if (looked.flat) return step;
    watch = looked.watch;
  }
  return null;
}

/** How many of NUM_SEEDS runs stop. */
function stops(estimate: (step: number) => number, sd: number, correlation: number): number {
  let stopped = 0;
  for (let seed = 1; seed <= NUM_SEEDS; seed++) {
    if (stopOf(estimate, noise(seed, sd, correlation)) !== null) stopped++;
  }
  return stopped;
}

// A look errs in 1 % of cases at most, and there are few of them: of 40 runs one may stop.
const FALLING: Record<string, (step: number) => number> = {
  "exponentially, to a tenth over the run": (step) => Math.exp(-step / 17_000),
  "as one over the root of the steps": (step) => Math.sqrt(200 / (step + 200)) + 0.5 * Math.exp(-step / 2e4),
  "in a line, to 0 at the end": (step) => 1 - step / NUM_STEPS,
};
for (const [name, estimate] of Object.entries(FALLING)) {
  Deno.test(`an estimate that falls ${name} does not stop a run`, () => {
    for (const [sd, correlation] of [[0.1, 0], [0.3, 0.5], [0.3, 0.9]] as const) {
      const stopped = stops(estimate, sd, correlation);
      assert.ok(stopped <= 1, `${stopped} of ${NUM_SEEDS} stopped, noise ${sd}, correlation ${correlation}`);
    }
  });
}

Deno.test("an estimate that has fallen and stays does stop it; one that rises or whose noise hides all does not", () => {
  const settled = (step: number) => 0.5 + 0.5 * Math.exp(-step / 1000);
  const found = [[0.1, 0], [0.1, 0.5], [0.2, 0.5]].map(([sd, correlation]) =>
    stops(settled, sd!, correlation!)
  );
  assert.ok(found.every((stopped) => stopped >= 0.9 * NUM_SEEDS), `${found} of ${NUM_SEEDS} stopped`);
  assert.equal(stops((step) => step / NUM_STEPS, 0.1, 0.5), 0);
  assert.ok(stops(() => 1, 3, 0.9) <= 1);
  assert.equal(stops(() => -1, 0.1, 0), 0, "a level below 0 is no level");
});

Deno.test("not before the least number of steps, and then only when the run has grown by a quarter", () => {
  let watch: EarlyStoppingWatch = FIRST_EARLY_STOPPING_WATCH;
  const looks: number[] = [];
  for (let step = 1; step <= 12_000; step++) {
    // Falling, so that every look goes on.
    const looked = look(watchEstimate(watch, 1 - step / 12_000), step, 3000);
    assert.equal(looked.flat, null);
    if (looked.watch.next_look !== watch.next_look) looks.push(step);
    watch = looked.watch;
  }
  // The ends of blocks of 40, 80 and 160 steps at or after 3000 and 5/4 of the look before.
  assert.deepEqual(looks, [3000, 3760, 4720, 5920, 7440, 9360, 11_840]);
  assert.equal(stopOf(() => 1, () => 0), MIN_STEPS);
});

Deno.test("the trend over the later half is that of least squares, its error that of the blocks", () => {
  const values = Array.from({ length: 64 }, (_, i) => i < 32 ? 9 : 5 - 0.01 * i + (i % 2 ? 0.1 : -0.1));
  const trend = trendOf({ ...FIRST_EARLY_STOPPING_WATCH, blocks: values, highest: 10 })!;
  // By hand: the noise alternates, so its slope is 0.1 * 16 / (32 * (32^2 - 1) / 12) and its autocorrelation below 0.
  const slope = -0.01 + 1.6 / (32 * 1023 / 12);
  assert.ok(Math.abs(trend.change - 32 * slope) < 1e-12, `${trend.change}`);
  const squares = 32 * 0.01 - (1.6 ** 2) / (32 * 1023 / 12);
  const error = 32 * Math.sqrt(squares / 30 / (32 * 1023 / 12));
  // 2.4573 and 1.3104: Student's t of 30 degrees at 99 and 90 %, from tables.
  assert.ok(Math.abs(trend.error / error - 2.4573) < 1e-3, `${trend.error / error}`);
  assert.ok(Math.abs(trend.noise / error - 1.3104) < 1e-3, `${trend.noise / error}`);
  assert.deepEqual([trend.steps, trend.margin], [640, 0.5]);
});

Deno.test("Student's t agrees with the tables", () => {
  // Degrees, t at 99 %, t at 90 %.
  const table = [[4, 3.7469, 1.5332], [6, 3.1427, 1.4398], [10, 2.7638, 1.3722], [
    60,
    2.3901,
    1.2958,
  ]] as const;
  for (const [freedom, t_99, t_90] of table) {
    // Measured: 2.5e-3 for 4 degrees, 1e-4 from 10 on.
    assert.ok(Math.abs(tQuantile(2.3263479, freedom) / t_99 - 1) < 5e-3, `${freedom}`);
    assert.ok(Math.abs(tQuantile(1.2815516, freedom) / t_90 - 1) < 5e-3, `${freedom}`);
  }
});

Deno.test("what is remembered goes through JSON and does not grow with the run", () => {
  const next = noise(7, 0.3, 0.5);
  let [whole, cut] = [FIRST_EARLY_STOPPING_WATCH, FIRST_EARLY_STOPPING_WATCH];
  for (let step = 1; step <= 30_000; step++) {
    const estimate = 1 + next();
    whole = look(watchEstimate(whole, estimate), step, 1000).watch;
    cut = look(watchEstimate(cut, estimate), step, 1000).watch;
    if (step % 1777 === 0) cut = JSON.parse(JSON.stringify(cut));
  }
  assert.deepEqual(cut, whole);
  assert.ok(whole.blocks.length < 128);
});
