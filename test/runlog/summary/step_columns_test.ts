import assert from "node:assert/strict";
import { combined, deviationOf, errorOf, meanOf, momentsOf } from "../../../runlog/summary/moments.ts";
import { standardError } from "../../../runlog/summary/statistics.ts";
import { factsOf } from "../../../runlog/log/step_facts.ts";
import { StepColumns } from "../../../runlog/summary/step_columns.ts";
import { stepRecord } from "../log/example_log.ts";

/** Steps 1..last, in columns that keep 64 rows. */
function filled(last: number): StepColumns {
  const columns = new StepColumns(64);
  for (let step = 1; step <= last; step++) columns.add(factsOf(stepRecord(step)), () => 1);
  return columns;
}

const near = (found: number | null, expected: number) =>
  // Sums of up to 10,000 float64 terms in another order; measured at most 4e-15.
  assert.ok(
    found !== null && Math.abs(found - expected) <= 4e-14 * Math.abs(expected),
    `${found} ${expected}`,
  );

Deno.test("of a long run the last steps are kept as they were, and no number of the others is lost", () => {
  const columns = filled(10_000);
  assert.equal(columns.num_steps, 10_000);
  assert.ok(columns.length >= 32 && columns.length <= 64, `${columns.length}`);
  assert.deepEqual([...columns.column("step", columns.length - 3)], [9998, 9999, 10_000]);
  near(columns.mean("wasserstein_estimate"), 50.005);
  // Multiples of 5 only.
  near(columns.mean("loss_generator"), -5002.5);
});

Deno.test("stretches lie end to end, and their moments are those of their steps", () => {
  for (const last of [1, 59, 64, 65, 1000, 10_000]) {
    const stretches = filled(last).stretches(16);
    let next = 1;
    for (const { first_step, last_step, num_steps, of } of stretches) {
      assert.equal(first_step, next);
      assert.equal(num_steps, last_step - first_step + 1);
      const estimate = of("wasserstein_estimate");
      near(meanOf(estimate), (first_step + last_step) / 200);
      near(estimate.low, first_step / 100);
      // The deviation of n equidistant values d apart is d (n (n + 1) / 12)^(1/2).
      if (num_steps > 1) near(deviationOf(estimate), 0.01 * Math.sqrt(num_steps * (num_steps + 1) / 12));
      next = last_step + 1;
    }
    assert.equal(next, last + 1);
    assert.ok(stretches.length <= 20, `${last}: ${stretches.length}`);
  }
});

Deno.test("steps are taken back exactly among the kept ones, else to the step, with the block's mean", () => {
  const columns = filled(1000);
  columns.takeBackAfter(990);
  assert.deepEqual([columns.num_steps, columns.last("step")], [990, 990]);
  near(columns.mean("wasserstein_estimate"), 4.955);
  columns.takeBackAfter(500);
  assert.equal(columns.last("step"), 500);
  assert.ok(Math.abs(columns.num_steps - 500) <= 1);
  assert.ok(Math.abs(columns.mean("wasserstein_estimate")! - 2.505) < 0.02);
  columns.add(factsOf(stepRecord(501)), () => 1);
  assert.deepEqual([columns.last("step"), columns.last("generator_step")], [501, 100]);
  columns.takeBackAfter(0);
  assert.deepEqual([columns.num_steps, columns.last("step"), columns.mean("total")], [0, null, null]);
});

Deno.test("moments put together are those of the whole", () => {
  const values = Float64Array.from({ length: 101 }, (_, i) => i % 7 === 3 ? NaN : (i * 37) % 23 - 5);
  const whole = momentsOf(values);
  const parts = combined(momentsOf(values.subarray(0, 30)), momentsOf(values.subarray(30)));
  assert.deepEqual([parts.count, parts.sum, parts.low], [whole.count, whole.sum, whole.low]);
  near(parts.squares, whole.squares);
  near(errorOf(whole), standardError(values)!);
  assert.deepEqual(combined(momentsOf(new Float64Array(0)), whole), whole);
  assert.deepEqual([meanOf(momentsOf(new Float64Array(0))), errorOf(momentsOf(Float64Array.of(1)))], [
    null,
    null,
  ]);
});
