import assert from "node:assert/strict";
import { secondsOf, slowest } from "../../../scripts/tests/times.ts";

Deno.test("times of deno test in seconds", () => {
  const texts = ["72µs", "425ms", "3s", "1m2s", "2m"];
  assert.deepEqual(texts.map((text) => Number(secondsOf(text).toPrecision(6))), [72e-6, 0.425, 3, 62, 120]);
});

Deno.test("the slowest tests: slowest first, failed ones too, without steps and other output", () => {
  const output = [
    "./test/a_test.ts => quick ... ok (9ms)",
    "./test/b_test.ts => slow ... a step ... ok (50s)",
    "./test/b_test.ts => slow ... FAILED (due to 1 failed step) (1m1s)",
    "./test/c_test.ts => middle (with brackets) ... ok (4s)",
    "./test/d_test.ts => left out ... ignored (0ms)",
    "ok | 3 passed (1 step) | 0 failed (2m3s)",
  ].join("\n");
  assert.deepEqual(slowest(output, 2), [
    "  1m1s  ./test/b_test.ts => slow",
    "    4s  ./test/c_test.ts => middle (with brackets)",
  ]);
  assert.equal(slowest(output, 10).length, 3);
});
