import assert from "node:assert/strict";
import { stepLabels, valueLabels } from "../../inspect/numbers.ts";

Deno.test("the steps of an axis are labelled in one style", () => {
  assert.deepEqual(stepLabels([0, 500, 1000]), ["0", "500", "1,000"]);
  assert.deepEqual(stepLabels([0, 5000, 10_000]), ["0", "5k", "10k"]);
  assert.deepEqual(stepLabels([7500, 10_000]), ["7.5k", "10k"]);
  assert.deepEqual(stepLabels([0, 2_000_000]), ["0", "2,000k"]);
  assert.deepEqual(stepLabels([]), []);
});

Deno.test("the values of an axis have as many digits as their spacing needs", () => {
  assert.deepEqual(valueLabels([0, 0.25, 0.5]), ["0", "0.25", "0.50"]);
  assert.deepEqual(valueLabels([-0.2, 0, 0.2]), ["-0.2", "0", "0.2"]);
  assert.deepEqual(valueLabels([0, 0.1, 0.1 + 0.2 - 0.1]), ["0", "0.1", "0.2"]);
  assert.deepEqual(valueLabels([0, 500, 1000]), ["0", "500", "1,000"]);
  assert.deepEqual(valueLabels([0, 0.00002]), ["0", "0.00002"]);
  // Beyond that they are figures.
  assert.deepEqual(valueLabels([0, 2e-9]), ["0", "2.00e-9"]);
  assert.deepEqual(valueLabels([0, 2e6]), ["0", "2.00e+6"]);
  assert.deepEqual(valueLabels([0.12345]), ["0.123"]);
});
