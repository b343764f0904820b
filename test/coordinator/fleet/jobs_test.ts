import assert from "node:assert/strict";
import { jobDeadline } from "../../../coordinator/fleet/jobs.ts";

Deno.test("a job may take a minute, and more where its worker needs more for as many examples of the training", () => {
  // 2,500 samples are 157 shards of 16 examples; at 1 s each, training on them would take 157 s.
  assert.equal(jobDeadline(2_500, 16, 1_000), 60_000 + 4 * 157_000);
  assert.equal(jobDeadline(25, 16, 1), 60_008);
  // A worker whose own measurement is no number gets no more for it.
  assert.equal(jobDeadline(2_500, 16, Infinity), 60_000);
});
