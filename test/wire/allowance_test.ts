import assert from "node:assert/strict";
import { Allowance } from "../../wire/allowance.ts";

/** How many of so many messages are one too many. */
const tooMany = (allowance: Allowance, count: number, now_ms: number) =>
  Array.from({ length: count }, () => allowance.spend(now_ms)).filter((allowed) => !allowed).length;

Deno.test("a peer may answer each message, and say a few things unasked", () => {
  const allowance = new Allowance({ burst: 10, per_s: 2 }, 0);
  for (let i = 0; i < 1_000; i++) {
    allowance.asked();
    assert.ok(allowance.spend(0));
  }
  assert.equal(tooMany(allowance, 15, 0), 5);
  assert.equal(tooMany(allowance, 5, 2_000), 1);
  assert.equal(tooMany(allowance, 15, 1e9), 5);
});

Deno.test("answers that are owed are not saved up without end", () => {
  const allowance = new Allowance({ burst: 0, per_s: 0 }, 0);
  for (let i = 0; i < 1_000_000; i++) allowance.asked();
  assert.equal(tooMany(allowance, 10_000, 0), 10_000 - 8192);
});
