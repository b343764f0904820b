import assert from "node:assert/strict";
import { fillDropoutMasks } from "../../random/dropout.ts";
import type { Purpose, StreamKey } from "../../random/philox.ts";
import goldens from "./goldens/dropout.json" with { type: "json" };
import { hexOf } from "./hex.ts";

const KEY: StreamKey = { seed: 4, purpose: "critic_dropout", counter: 9, shard: 1 };

for (const { key, sizes, ratios, masks } of goldens) {
  Deno.test(`masks of ${JSON.stringify(key)} have the bytes of the Python implementation`, () => {
    const found = sizes.map((size, i) => ({ out: new Float32Array(size), ratio: ratios[i]! }));
    fillDropoutMasks(found, { ...key, purpose: key.purpose as Purpose });
    assert.deepEqual(found.map(({ out }) => hexOf(out)), masks);
  });
}

Deno.test("a mask drops its share, and keeps the mean", () => {
  const out = new Float32Array(100_000);
  fillDropoutMasks([{ out, ratio: 0.3 }], KEY);
  const dropped = out.filter((value) => value === 0).length;
  // Four standard deviations of a binomial: 4 sqrt(1e5 x 0.3 x 0.7) = 580.
  assert.ok(Math.abs(dropped - 30_000) <= 580, `${dropped} of 100000 are dropped, seed ${KEY.seed}`);
  assert.deepEqual(new Set(out), new Set([0, Math.fround(1 / 0.7)]));
});

Deno.test("a ratio out of range is refused", () => {
  for (const ratio of [-0.1, 1, NaN]) {
    assert.throws(() => fillDropoutMasks([{ out: new Float32Array(1), ratio }], KEY), {
      name: "RangeError",
      message: `A share to be dropped must be 0 or more and below 1: found ${ratio}`,
    });
  }
});
