import assert from "node:assert/strict";
import { metric_turned } from "../../../runlog/doctor/metric_rules.ts";
import { SAMPLE_RULES } from "../../../runlog/doctor/sample_rules.ts";
import { noneSkipped } from "../../../runlog/log/reader.ts";
import type { RecordOf } from "../../../runlog/records.ts";
import { RunFold, type Summary } from "../../../runlog/summary/summary.ts";
import { runRecord } from "../log/example_log.ts";

const samples_memorised = SAMPLE_RULES.find(({ code }) => code === "samples-memorised")!;

const EMPTY: Summary = (() => {
  const fold = new RunFold();
  fold.add(runRecord());
  return fold.summary(false, noneSkipped());
})();

type Figures = Partial<Omit<RecordOf<"evaluation">, "type" | "step">>;

/** A run that was evaluated every 100 steps, from before the first on. */
function runOf(evaluations: readonly Figures[], more: Partial<Summary> = {}): Summary {
  const all = evaluations.map((figures, i) => ({ step: 100 * i, sliced_wasserstein: 1, ...figures }));
  return { ...EMPTY, steps: 100 * (all.length - 1), evaluations: all, ...more };
}

const distances = (...values: number[]) => values.map((sliced_wasserstein) => ({ sliced_wasserstein }));

Deno.test("metric-turned: a distance that was best long ago, with its step, its values and what to do", () => {
  // Gained 1; by the mean of the last three, a quarter of it is lost.
  const found = metric_turned.find(runOf(distances(1.5, 0.5, 0.9, 0.5, 0.75, 1)))!;
  assert.deepEqual([found.first_step, found.last_step, found.passed], [100, 500, undefined]);
  assert.equal(
    found.seen,
    "The sliced Wasserstein distance was best at step 100, 0.5, and is 0.75 now: 25 % of its improvement is lost",
  );
  assert.equal(found.change, "Start a new run with --keep-best swd, or with --steps 100");
});

Deno.test("metric-turned: silent while little is lost, the best is recent, or nothing was measured at the start", () => {
  for (
    const evaluations of [
      distances(1.5, 0.5, 0.9, 0.5, 0.75, 0.99),
      // Three evaluations since the best.
      distances(1, 0.5, 0.1, 0.9, 0.9, 0.9),
      // A fifth of the run since the best.
      distances(1, ...Array<number>(15).fill(0.5), 0.2, 0.9, 0.9, 0.9, 0.9),
      distances(1, 0.9),
      distances(),
    ]
  ) assert.equal(metric_turned.find(runOf(evaluations)), null);
  const resumed = runOf(distances(1, 0.2, 0.9, 0.9, 0.9, 0.9));
  assert.equal(metric_turned.find({ ...resumed, evaluations: resumed.evaluations.slice(1) }), null);
});

Deno.test("metric-turned: of shares more is better, and figures of features speak before the distance", () => {
  const recall = [0, 0.8, 0.1, 0.1, 0.1, 0.1].map((recall, i) => ({
    recall,
    sliced_wasserstein: [1, 0.2][i] ?? 0.9,
  }));
  const found = metric_turned.find(runOf(recall))!;
  assert.match(found.seen, /^The recall was best at step 100, 0\.8, and is 0\.1 now: 87\.5 %/);
  assert.match(found.change!, /--keep-best recall/);
});

Deno.test("metric-turned: a note where the best checkpoint was kept by this figure", () => {
  const best = { step: 100, value: 0.2, file: "checkpoints/x", generator: "best_generator.onnx" };
  const run = distances(1, 0.2, 0.9, 0.9, 0.9, 0.9);
  const kept = metric_turned.find(runOf(run, { best: { ...best, measure: "sliced_wasserstein" } }))!;
  assert.deepEqual([kept.passed, kept.change], [true, "Use best_generator.onnx, which is of step 100"]);
  assert.equal(metric_turned.find(runOf(run, { best: { ...best, measure: "recall" } }))!.passed, undefined);
});

Deno.test("samples-memorised: in the last three evaluations, and not where samples are all alike", () => {
  const near = (samples: number) => ({ nearest_training: { samples, held_out: 1, searched: 90 } });
  const found = (evaluations: readonly Figures[], more: Partial<Summary> = {}) =>
    samples_memorised.find(runOf(evaluations, { generator_steps: 100, ...more }));
  const copied = [near(0.9), near(0.4), near(0.45), near(0.25)];
  assert.equal(
    found(copied)!.seen,
    "Samples are 0.25 away from their nearest training examples, and held-out examples 1",
  );
  assert.equal(found([near(0.9), near(0.5), near(0.4), near(0.25)]), null);
  assert.equal(found([{}, {}, near(0.1), near(0.1)]), null);
  assert.equal(found(copied, { generator_steps: 99 }), null);
  const samples = [100, 200, 300].map((step) => ({ step, file: "x.png", diversity: 0.1 }));
  assert.equal(found(copied, { samples }), null);
});
