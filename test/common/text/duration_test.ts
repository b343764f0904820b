import assert from "node:assert/strict";
import { duration, shortDuration } from "../../../common/text/duration.ts";

Deno.test("spans of time for pages", () => {
  assert.deepEqual([0, 59.4, 59.6, 219, 3599, 3600, 7500, 86_399, 86_400, 100 * 3600].map(duration), [
    "0 s",
    "59 s",
    "1 min 0 s",
    "3 min 39 s",
    "59 min 59 s",
    "1 h 00 min",
    "2 h 05 min",
    "1 d 0 h",
    "1 d 0 h",
    "4 d 4 h",
  ]);
});

Deno.test("spans of time for lines", () => {
  assert.deepEqual([-1, 0, 59.4, 60, 192, 7500, 100 * 3600].map(shortDuration), [
    "0s",
    "0s",
    "59s",
    "1m00s",
    "3m12s",
    "2h05m",
    "100h00m",
  ]);
});
