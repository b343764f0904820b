import assert from "node:assert/strict";
import fc from "fast-check";
import {
  assignShards,
  helpers,
  predictedTime,
  rebalance,
  sharesText,
  type Speed,
  trustedSpeeds,
} from "../../../../coordinator/fleet/placement/assignment.ts";

const speedOf = (worker: number, shard_ms: number, transfer_ms = 0): Speed => ({
  worker,
  threads: 1,
  shard_ms,
  transfer_ms,
});

const speeds = fc.array(
  fc.record({
    threads: fc.integer({ min: 1, max: 8 }),
    shard_ms: fc.double({ min: 0.1, max: 100, noNaN: true }),
    transfer_ms: fc.double({ min: 0, max: 200, noNaN: true }),
  }),
  { minLength: 1, maxLength: 6 },
).map((list): Speed[] => list.map((speed, i) => ({ worker: i + 1, ...speed })));

Deno.test("assignShards covers every shard once, in contiguous ranges", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 64 }),
      fc.constantFrom(1, 2, 8),
      speeds,
      (groups, size, workers) => {
        const num_shards = groups * size;
        let next = 0;
        for (const range of assignShards(num_shards, workers, size).ranges) {
          assert.equal(range.begin, next);
          assert.equal(range.end % size, 0, "no group is parted");
          assert.ok(range.end > range.begin);
          next = range.end;
        }
        assert.equal(next, num_shards);
      },
    ),
    { seed: 11 },
  );
});

/** The least time over all ways to share the shards out. */
function best(num_shards: number, workers: readonly Speed[]): number {
  if (workers.length === 0) return num_shards === 0 ? 0 : Infinity;
  const [first, ...rest] = workers;
  let least = Infinity;
  for (let count = 0; count <= num_shards; count++) {
    const own = count === 0 ? 0 : Math.ceil(count / first!.threads) * first!.shard_ms + first!.transfer_ms;
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
    Array.from({ length: n }, (_, i) => ({ worker: i + 1, threads: 1, shard_ms: 3, transfer_ms: 0 }));
  assert.deepEqual(assignShards(4, equal(2)).ranges, [
    { worker: 1, begin: 0, end: 2 },
    { worker: 2, begin: 2, end: 4 },
  ]);
  assert.deepEqual(assignShards(2, equal(3)).ranges.map((range) => range.worker), [1, 2]);
});

Deno.test("rebalance moves shards to a worker that is much faster, and says so", () => {
  const workers: Speed[] = [speedOf(1, 9), speedOf(2, 3)];
  const even = [{ worker: 1, begin: 0, end: 2 }, { worker: 2, begin: 2, end: 4 }];
  assert.equal(predictedTime(even, workers), 18);
  assert.deepEqual(rebalance(4, even, workers), {
    decision: "move",
    reason:
      "By the measured speeds, steps become 50 % shorter with this many shards: worker 1: 1, worker 2: 3",
    ranges: [{ worker: 1, begin: 0, end: 1 }, { worker: 2, begin: 1, end: 4 }],
  });
});

Deno.test("a sentence about the shards of many workers names eight of them", () => {
  const ranges = (sizes: readonly number[]) => {
    let end = 0;
    return sizes.map((size, i) => ({ worker: i + 1, begin: end, end: end += size }));
  };
  const eight =
    "worker 1: 2, worker 2: 2, worker 3: 2, worker 4: 2, worker 5: 2, worker 6: 2, worker 7: 2, worker 8: 2";
  assert.equal(sharesText(ranges(Array(8).fill(2))), eight);
  assert.equal(sharesText(ranges([...Array(8).fill(2), 1])), `${eight} and 1 more: 1 each`);
  assert.equal(sharesText(ranges([...Array(8).fill(2), 5, 3, 4])), `${eight} and 3 more: 3 to 5 each`);
});

Deno.test("rebalance leaves shards where they are when little would be gained", () => {
  const workers: Speed[] = [speedOf(1, 3.3), speedOf(2, 3)];
  const even = [{ worker: 1, begin: 0, end: 2 }, { worker: 2, begin: 2, end: 4 }];
  assert.equal(rebalance(4, even, workers).decision, "keep");
  assert.equal(rebalance(4, even, workers).ranges, even);
});

Deno.test("a noisy probe does not leave a worker without shards; a measured time counts in full", () => {
  const of = (shard_ms: number, measured: boolean) => ({ ...speedOf(shard_ms, shard_ms), measured });
  const times = (...speeds: Parameters<typeof trustedSpeeds>[0]) =>
    trustedSpeeds(speeds).map((s) => s.shard_ms);
  assert.deepEqual(times(of(3, false), of(60, false)), [3, 6]);
  assert.deepEqual(times(of(3, true), of(60, true)), [3, 60]);
  const ranges = assignShards(4, trustedSpeeds([of(3, false), of(60, false)])).ranges;
  assert.deepEqual(ranges.map(({ worker }) => worker), [3, 60]);
});

Deno.test("the way to a worker and back belongs to its time: behind a slow link it gets shards only if that pays", () => {
  const near = speedOf(1, 10), far = (transfer_ms: number) => speedOf(2, 10, transfer_ms);
  const counts = (far_ms: number) =>
    assignShards(8, [near, far(far_ms)]).ranges.map(({ worker, begin, end }) => [worker, end - begin]);
  assert.deepEqual(counts(0), [[1, 4], [2, 4]]);
  assert.deepEqual(counts(20), [[1, 5], [2, 3]]);
  assert.deepEqual(counts(1_000), [[1, 8]]);
  assert.equal(predictedTime([{ worker: 2, begin: 0, end: 4 }], [far(20)]), 60);
});

Deno.test("helpers: the quickest first, and none that would itself be waited for", () => {
  assert.deepEqual(helpers([speedOf(1, 30), speedOf(2, 10), speedOf(3, 10, 5_000)]), [2, 1]);
  assert.deepEqual(helpers([speedOf(1, 10, 5_000), speedOf(2, 2_000)]), [2, 1]);
  assert.deepEqual(helpers([]), []);
});

Deno.test("three shards for three workers: one whose probe took twice as long or more has one, too", () => {
  const speeds = [5, 30, 9].map((shard_ms, i) => ({
    ...{ worker: i + 1, threads: 1, shard_ms, transfer_ms: 0 },
    measured: false,
  }));
  const { ranges } = assignShards(3, trustedSpeeds(speeds));
  assert.deepEqual(ranges.map(({ worker, begin, end }) => [worker, end - begin]), [[1, 1], [2, 1], [3, 1]]);
});
