import assert from "node:assert/strict";
import { ShardRebalancer } from "../../../../coordinator/fleet/placement/shard_rebalancer.ts";

const NUM_SHARDS = 4;
const LOOK_MS = 5_000;

/** Worker 1 is near, 2 and 3 are behind links; a shard takes 5 ms. */
const speed = (worker: number, transfer_ms: number, measured = true, shard_ms = 5) => ({
  worker,
  threads: 1,
  shard_ms,
  transfer_ms,
  measured,
});

const shares = ({ ranges }: ShardRebalancer) => ranges.map(({ worker, begin, end }) => [worker, end - begin]);

Deno.test("a probe knows no links: shards leave a far worker as soon as its answers are measured", () => {
  const placement = new ShardRebalancer(NUM_SHARDS);
  placement.update([speed(1, 0, false), speed(2, 0, false)], 0);
  assert.deepEqual(shares(placement), [[1, 2], [2, 2]]);
  assert.equal(placement.update([speed(1, 0), speed(2, 0, false)], 40), null, "one is not measured yet");
  const change = placement.update([speed(1, 0), speed(2, 340)], 400);
  assert.match(change!.reason!, /steps become 94 % shorter with this many shards: worker 1: 4$/);
  assert.deepEqual(shares(placement), [[1, 4]]);
});

Deno.test("a first answer that is late by less than a link moves nothing at once, nor does a spare worker's probe", () => {
  const placement = new ShardRebalancer(2);
  const spare = speed(3, 0, false, 0.1);
  placement.update([speed(1, 0, false), speed(2, 0, false), speed(3, 0, false, 9)], 0);
  assert.equal(placement.update([speed(1, 0), speed(2, 99), spare], 400), null);
  const linked = new ShardRebalancer(2);
  linked.update([speed(1, 0, false), speed(2, 0, false), speed(3, 0, false, 9)], 0);
  linked.update([speed(1, 0), speed(2, 340), spare], 400);
  assert.deepEqual(shares(linked), [[1, 2]]);
});

Deno.test("a worker on the coordinator's machine loses nothing by a slow first answer: no link explains it", () => {
  const local = (...workers: readonly number[]) => ({
    kind: "critic" as const,
    holdsAll: () => false,
    isLocal: (worker: number) => workers.includes(worker),
  });
  const placement = new ShardRebalancer(NUM_SHARDS);
  placement.update([speed(1, 0, false), speed(2, 0, false)], 0, local(1, 2));
  assert.equal(placement.update([speed(1, 0), speed(2, 340)], 400, local(1, 2)), null);
  assert.deepEqual(shares(placement), [[1, 2], [2, 2]]);
  // Beside a far one it counts as near, whatever its own first answer took.
  const mixed = new ShardRebalancer(NUM_SHARDS);
  mixed.update([speed(1, 0, false), speed(2, 0, false)], 0, local(1));
  assert.notEqual(mixed.update([speed(1, 500), speed(2, 340)], 400, local(1)), null);
  assert.deepEqual(shares(mixed), [[1, 4]]);
});

Deno.test("what a passing load may explain is looked at twice, first measurement or not", () => {
  const placement = new ShardRebalancer(NUM_SHARDS);
  placement.update([speed(1, 0, false), speed(2, 0, false)], 0);
  // 30 ms where 20 would do.
  const unequal = [speed(1, 0), speed(2, 20)];
  assert.equal(placement.update(unequal, 400), null);
  assert.equal(placement.update(unequal, LOOK_MS), null);
  assert.notEqual(placement.update(unequal, 2 * LOOK_MS), null);
  assert.deepEqual(shares(placement), [[1, 4]]);
});

Deno.test("a guess is put right once; later, one slow answer moves nothing", () => {
  const placement = new ShardRebalancer(NUM_SHARDS);
  placement.update([speed(1, 0, false), speed(2, 0, false)], 0);
  placement.update([speed(1, 0), speed(2, 1)], 400);
  assert.equal(placement.update([speed(1, 0), speed(2, 340)], 800), null);
  assert.deepEqual(shares(placement), [[1, 2], [2, 2]]);
});

Deno.test("a worker is done without for a small gain, and comes back for a large one only", () => {
  const placement = new ShardRebalancer(2);
  const both = (transfer_ms: number) => [speed(1, 0), speed(2, transfer_ms)];
  placement.update(both(0), 0);
  let now_ms = 0;
  const looks = (transfer_ms: number) => {
    placement.update(both(transfer_ms), now_ms += LOOK_MS);
    placement.update(both(transfer_ms), now_ms += LOOK_MS);
    return shares(placement);
  };
  // With both, a step takes 5 ms and the transfer; without the far one, 10 ms.
  assert.deepEqual(looks(5.2), [[1, 1], [2, 1]], "a gain of 2 %");
  assert.deepEqual(looks(5.5), [[1, 2]], "of 5 %");
  assert.deepEqual(looks(4), [[1, 2]], "10 % are not worth moving for");
  assert.deepEqual(looks(3), [[1, 1], [2, 1]], "20 %");
});
