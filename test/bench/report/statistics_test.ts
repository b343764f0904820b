import assert from "node:assert/strict";
import { median } from "../../../common/median.ts";
import { quantile, ratios, spreadOf } from "../../../bench/report/statistics.ts";

Deno.test("quantiles are linear between neighbours, whatever the order", () => {
  assert.equal(quantile([4, 1, 3, 2], 0), 1);
  assert.equal(quantile([4, 1, 3, 2], 1), 4);
  assert.equal(quantile([10, 0], 0.25), 2.5);
  assert.equal(median([9, 1, 5]), 5);
  assert.deepEqual(spreadOf([5, 1, 2, 3, 4]), { median: 3, low: 2, high: 4 });
});

Deno.test("values are sorted as numbers", () => {
  assert.equal(median([100, 9, 20]), 20);
});

Deno.test("ratios pair the rounds, and refuse what has no partner", () => {
  assert.deepEqual(ratios([2, 9], [1, 3]), [2, 3]);
  assert.throws(() => ratios([1], [1, 2]), {
    message: "Ratios need pairs: found 1 values and 2 references",
  });
  assert.throws(() => median([]), { message: "A median needs at least one value, found none" });
});
