import assert from "node:assert/strict";
import { missingWorkers, type Standing, waitingReason } from "../../../coordinator/fleet/waiting.ts";

const STANDING: Standing = { started: true, num_workers: 2, min_workers: 2, asked: [], now_ms: 60_000 };
const task = (worker: number, begin: number, end: number, issued_ms: number) => {
  return { worker, begin, end, issued_ms };
};

const CASES: readonly [Partial<Standing>, string | null][] = [
  [{}, null],
  [{ started: false, num_workers: 0 }, "Waiting for 2 workers"],
  [{ started: false, num_workers: 1 }, "Waiting for 1 more worker"],
  // Once it has begun, one worker is enough.
  [{ num_workers: 1 }, null],
  [{ num_workers: 0 }, "Waiting for 1 worker"],
  // Work that was asked for a moment ago is not waited for.
  [{ asked: [task(1, 0, 2, 59_000)] }, null],
  [
    { asked: [task(1, 0, 2, 55_000), task(2, 2, 4, 48_000)] },
    "Waiting for worker 2, which was asked for shards 2 to 3 12 s ago",
  ],
  [{ asked: [task(1, 0, 1, 57_000)] }, "Waiting for worker 1, which was asked for shard 0 3 s ago"],
];

Deno.test("why a run waits, in words", () => {
  for (const [change, reason] of CASES) assert.equal(waitingReason({ ...STANDING, ...change }), reason);
});

Deno.test("workers that are missing are counted to what is required now", () => {
  assert.deepEqual(missingWorkers({ ...STANDING, started: false, num_workers: 1, min_workers: 3 }), {
    required: 3,
    missing: 2,
  });
  assert.deepEqual(missingWorkers({ ...STANDING, num_workers: 5 }), { required: 1, missing: 0 });
});
