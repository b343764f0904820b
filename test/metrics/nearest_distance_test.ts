import assert from "node:assert/strict";
import { medianNearest } from "../../metrics/nearest_distance.ts";

Deno.test("the median distance to the nearest vector, per element", () => {
  const among = Float32Array.of(0, 0, 3, 4, 10, 10);
  // At 0; 5 / sqrt(2) from the origin and from (3, 4); 1 / sqrt(2) from (10, 10).
  const vectors = [[3, 4], [3, -4], [10, 9]] as const;
  const of = (...chosen: (readonly number[])[]) => medianNearest(Float32Array.from(chosen.flat()), among, 2);
  assert.equal(of(vectors[0]), 0);
  assert.ok(Math.abs(of(vectors[1]) - 5 / Math.SQRT2) < 1e-12);
  assert.ok(Math.abs(of(...vectors) - Math.SQRT1_2) < 1e-12);
});

Deno.test("vectors longer than a look at the limit are compared whole", () => {
  const dimension = 77;
  const among = new Float32Array(3 * dimension).map((_, i) => Math.sin(i));
  const near = among.slice(dimension, 2 * dimension);
  near[dimension - 1]! += 0.5;
  assert.ok(Math.abs(medianNearest(near, among, dimension) - 0.5 / Math.sqrt(dimension)) < 1e-6);
  assert.throws(() => medianNearest(near.subarray(1), among, dimension), RangeError);
  assert.throws(() => medianNearest(near, new Float32Array(), dimension), RangeError);
});
