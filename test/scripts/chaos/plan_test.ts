import assert from "node:assert/strict";
import { faultAt, FAULTS } from "../../../scripts/chaos/plan.ts";

const SEEDS = [0, 1, 2 ** 40 + 1];
const plan = (seed: number, can_stop = true) =>
  Array.from({ length: 400 }, (_, i) => faultAt(seed, i, can_stop));

Deno.test("every kind of fault comes once in every round, in an order of the seed's", () => {
  for (const seed of SEEDS) {
    const kinds = plan(seed).map(({ kind }) => kind);
    for (let at = 0; at < kinds.length; at += FAULTS.length) {
      assert.deepEqual(
        kinds.slice(at, at + FAULTS.length).sort(),
        FAULTS.toSorted(),
        `seed ${seed}, fault ${at}`,
      );
    }
    assert.notDeepEqual(kinds.slice(0, 8), kinds.slice(8, 16), `seed ${seed}`);
  }
  assert.deepEqual(plan(1), plan(1));
  assert.notDeepEqual(plan(1), plan(2 ** 40 + 1));
});

Deno.test("some faults outlast every deadline, most do not; nothing is stopped where that cannot be done", () => {
  for (const seed of SEEDS) {
    const all = plan(seed);
    const long = all.filter(({ lasts_ms }) => lasts_ms > 10_000).length;
    assert.ok(long > 30 && long < 90, `seed ${seed}: ${long} of 400`);
    assert.ok(
      all.every(({ after_ms, victim }) => after_ms >= 300 && after_ms <= 3000 && victim >= 0 && victim < 1),
    );
    assert.ok(plan(seed, false).every(({ kind }) => !kind.startsWith("stop")));
  }
});
