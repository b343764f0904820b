import assert from "node:assert/strict";
import { counted } from "../../../common/text/counted.ts";

Deno.test("things: one is singular, all else is not, and thousands are apart", () => {
  assert.deepEqual([0, 1, 2, 1_280_000].map((n) => counted(n, "line")), [
    "0 lines",
    "1 line",
    "2 lines",
    "1,280,000 lines",
  ]);
  assert.equal(counted(2, "numeric class", "numeric classes"), "2 numeric classes");
});
