import assert from "node:assert/strict";
import { mean, medianOf, standardError } from "../../../runlog/summary/statistics.ts";

const of = (...values: number[]) => Float64Array.from(values);

Deno.test("mean and median leave out what is missing", () => {
  assert.equal(mean(of(1, NaN, 4)), 2.5);
  assert.equal(medianOf(of(9, NaN, 1, 100)), 9);
  assert.equal(medianOf(of(10, 9, 2, 100)), 9.5);
  assert.deepEqual([mean(of()), medianOf(of(NaN))], [null, null]);
});

Deno.test("the standard error is the deviation over the root of the count", () => {
  // Values 2 and 4: variance 2 with n - 1, over n = 2 gives 1.
  assert.equal(standardError(of(2, NaN, 4)), 1);
  assert.equal(standardError(of(5, 5, 5)), 0);
  assert.deepEqual([standardError(of(3)), standardError(of())], [null, null]);
});

Deno.test("the column that is asked for stays as it is", () => {
  const column = of(3, 1, 2);
  medianOf(column);
  assert.deepEqual(column, of(3, 1, 2));
});
