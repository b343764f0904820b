import assert from "node:assert/strict";
import {
  curveData,
  curvesCsv,
  measuredCurve,
  scaleOf,
  smoothed,
} from "../../../coordinator/live/page/curve_data.ts";

Deno.test("smoothing keeps a constant as it is, and gaps as gaps", () => {
  const found = smoothed([2, null, 2, 2], 0.9);
  assert.equal(found[1], null);
  for (const value of [found[0]!, found[2]!, found[3]!]) assert.ok(Math.abs(value - 2) < 1e-12);
});

Deno.test("smoothing is a mean with falling weights", () => {
  assert.deepEqual(smoothed([1, 5, 3], 0), [1, 5, 3]);
  // (0.5 x 1 + 1 x 4) / 1.5, and (0.25 x 1 + 0.5 x 4 + 1 x 7) / 1.75.
  const [, second, third] = smoothed([1, 4, 7], 0.5);
  assert.ok(Math.abs(second! - 3) < 1e-12);
  assert.ok(Math.abs(third! - 9.25 / 1.75) < 1e-12);
});

const ROWS = Array.from({ length: 100 }, (_, i) => {
  const step = i + 1;
  const gap = step === 1 ? 1000 : step === 50 ? -7 : 1;
  return [step, gap, gap - 0.5, gap + 0.5, -1, -2, 0, null, null, null];
});

Deno.test("a curve is read out of the rows, and curves without values are gaps", () => {
  const { steps, smooth, low, high } = curveData(ROWS, "loss_critic", 0);
  assert.deepEqual([steps[99], smooth[99], low[99], high[99]], [100, -1, -2, 0]);
  assert.deepEqual(curveData(ROWS, "loss_generator", 0.5).smooth[3], null);
});

Deno.test("measurements are a curve of their own, not smoothed", () => {
  const curve = measuredCurve([[0, 0.75], [250, null], [500, 0.25]]);
  assert.deepEqual([curve.steps, curve.smooth], [[0, 500], [0.75, 0.25]]);
  assert.deepEqual(scaleOf(curve, 0, true), [0, 0.75]);
  // One alone is no curve.
  assert.deepEqual(measuredCurve([[0, 0.75], [5, null]]).steps, []);
});

Deno.test("the scale holds 0 and all but the wildest steps", () => {
  assert.deepEqual(scaleOf(curveData(ROWS, "gap", 0), 0), [0, 1.5]);
  assert.deepEqual(scaleOf(curveData(ROWS, "loss_critic", 0), 0), [-2, 0]);
  // Of few steps none is wild.
  assert.deepEqual(scaleOf(curveData(ROWS.slice(0, 10), "gap", 0), 0), [0, 1000.5]);
  assert.deepEqual(scaleOf(curveData(ROWS, "gap", 0), 95), [0, 1.5]);
  assert.deepEqual(scaleOf(curveData(ROWS, "gap", 0), 0, true), [-7.5, 1000.5]);
  assert.equal(scaleOf(curveData(ROWS, "loss_generator", 0), 0), null);
});

Deno.test("curves as a table: a title for each column, nothing where there is no value", () => {
  const text = curvesCsv(ROWS.slice(0, 2));
  assert.equal(
    text,
    "step,gap,gap_min,gap_max,loss_critic,loss_critic_min,loss_critic_max,loss_generator,loss_generator_min," +
      "loss_generator_max\r\n1,1000,999.5,1000.5,-1,-2,0,,,\r\n2,1,0.5,1.5,-1,-2,0,,,\r\n",
  );
});
