import assert from "node:assert/strict";
import fc from "fast-check";
import {
  assignShards,
  predictedTime,
  rebalance,
  type Speed,
  trustedSpeeds,
} from "../../coordinator/assignment.ts";

const speeds = fc.array(
  fc.record({
    threads: fc.integer({ min: 1, max: 8 }),
    shard_ms: fc.double({ min: 0.1, max: 100, noNaN: true }),
  }),
  { minLength: 1, maxLength: 6 },
).map((list): Speed[] => list.map((speed, i) => ({ worker: i + 1, ...speed })));

Deno.test("assignShards covers every shard once, in contiguous ranges", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 64 }), speeds, (num_shards, workers) => {
      let next = 0;
      for (const range of assignShards(num_shards, workers).ranges) {
        assert.equal(range.begin, next);
        assert.ok(range.end > range.begin);
        next = range.end;
      }
      assert.equal(next, num_shards);
    }),
    { seed: 11 },
  );
});

/** The least time over all ways to share the shards out. */
function best(num_shards: number, workers: readonly Speed[]): number {
  if (workers.length === 0) return num_shards === 0 ? 0 : Infinity;
  const [first, ...rest] = workers;
  let least = Infinity;
  for (let count = 0; count <= num_shards; count++) {
    const own = Math.ceil(count / first!.threads) * first!.shard_ms;
    least = Math.min(least, Math.max(own, best(num_shards - count, rest)));
  }
  return least;
}

Deno.test("assignShards takes the least possible time", () => {
  const few = speeds.filter((list) => list.length <= 3);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), few, (num_shards, workers) => {
      assert.ok(assignShards(num_shards, workers).predicted_ms <= best(num_shards, workers) * (1 + 1e-12));
    }),
    { seed: 12 },
  );
});

Deno.test("assignShards shares equal workers out evenly and leaves spare ones without", () => {
  const equal = (n: number): Speed[] =>
    Array.from({ length: n }, (_, i) => ({ worker: i + 1, threads: 1, shard_ms: 3 }));
  assert.deepEqual(assignShards(4, equal(2)).ranges, [
    { worker: 1, begin: 0, end: 2 },
    { worker: 2, begin: 2, end: 4 },
  ]);
  assert.deepEqual(assignShards(2, equal(3)).ranges.map((range) => range.worker), [1, 2]);
});

Deno.test("rebalance moves shards to a worker that is much faster, and says so", () => {
  const workers: Speed[] = [{ worker: 1, threads: 1, shard_ms: 9 }, { worker: 2, threads: 1, shard_ms: 3 }];
  const even = [{ worker: 1, begin: 0, end: 2 }, { worker: 2, begin: 2, end: 4 }];
  assert.equal(predictedTime(even, workers), 18);
  assert.deepEqual(rebalance(4, even, workers), {
    decision: "move",
    reason: "Measured speeds promise steps 50 % shorter with shards per worker 1: 1, 2: 3",
    ranges: [{ worker: 1, begin: 0, end: 1 }, { worker: 2, begin: 1, end: 4 }],
  });
});

Deno.test("rebalance leaves shards where they are when little would be gained", () => {
  const workers: Speed[] = [{ worker: 1, threads: 1, shard_ms: 3.3 }, { worker: 2, threads: 1, shard_ms: 3 }];
  const even = [{ worker: 1, begin: 0, end: 2 }, { worker: 2, begin: 2, end: 4 }];
  assert.equal(rebalance(4, even, workers).decision, "keep");
  assert.equal(rebalance(4, even, workers).ranges, even);
});

Deno.test("a noisy probe does not leave a worker without shards; a measured time counts in full", () => {
  const of = (shard_ms: number, measured: boolean) => ({ worker: shard_ms, threads: 1, shard_ms, measured });
  const times = (...speeds: Parameters<typeof trustedSpeeds>[0]) =>
    trustedSpeeds(speeds).map((s) => s.shard_ms);
  assert.deepEqual(times(of(3, false), of(60, false)), [3, 6]);
  assert.deepEqual(times(of(3, true), of(60, true)), [3, 60]);
  const ranges = assignShards(4, trustedSpeeds([of(3, false), of(60, false)])).ranges;
  assert.deepEqual(ranges.map(({ worker }) => worker), [3, 60]);
});
