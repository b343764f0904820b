import assert from "node:assert/strict";
import fc from "fast-check";
import { Round, type Task } from "../../../coordinator/fleet/round.ts";
import { isNode } from "../../../kernels/tree.ts";

const nodes = (tasks: readonly Task[]) => tasks.map((t) => `${t.worker}:${t.begin}-${t.end}`);

Deno.test("Round.start asks each worker for the largest nodes of its range", () => {
  const round = new Round(4);
  assert.deepEqual(
    nodes(round.start([{ worker: 1, begin: 0, end: 3 }, { worker: 2, begin: 3, end: 4 }], 0)),
    [
      "1:0-2",
      "1:2-3",
      "2:3-4",
    ],
  );
});

Deno.test("a round about nodes asks for nothing beyond them, and for no node across two of them", () => {
  const round = new Round(8, null, { begin: 0, end: 2 });
  assert.deepEqual(
    nodes(round.start([{ worker: 1, begin: 0, end: 1 }, { worker: 2, begin: 1, end: 8 }], 0)),
    ["1:0-1", "2:1-2"],
  );
  assert.equal(round.want({ begin: 2, end: 4 }), true);
  assert.equal(round.want({ begin: 2, end: 4 }), true);
  assert.equal(round.want({ begin: 2, end: 3 }), false);
  // 0 to 4 are one node of the tree, and two that are wanted apart.
  assert.deepEqual(nodes(round.start([{ worker: 3, begin: 0, end: 8 }], 0)), ["3:2-4"]);
  assert.deepEqual(nodes(round.lost(2, [3], 0)), ["3:1-2"]);
  assert.deepEqual(nodes(round.lost(3, [], 0)), []);
  assert.deepEqual(nodes(round.lost(1, [4], 0)), ["4:0-2", "4:2-4"]);
  for (const begin of [0, 2]) assert.equal(round.accept(4, begin, begin + 2), "accepted");
  assert.equal(round.complete, true);
  assert.deepEqual(round.reissueMissing([4], 0), []);
});

Deno.test("Round.acceptRejected has a result count that was turned down", () => {
  const round = new Round(2);
  round.start([{ worker: 1, begin: 0, end: 2 }], 0);
  assert.equal(round.reject(1, 0, 2), "rejected");
  assert.equal(round.complete, false);
  assert.equal(round.acceptRejected(1, 0, 2), true);
  assert.equal(round.complete, true);
});

Deno.test("Round.accept takes each node once, from who was asked", () => {
  const round = new Round(2);
  round.start([{ worker: 1, begin: 0, end: 2 }], 0);
  assert.equal(round.accept(2, 0, 2), "unknown");
  assert.equal(round.accept(1, 0, 1), "unknown");
  assert.equal(round.accept(1, 0, 2), "accepted");
  assert.equal(round.complete, true);
  assert.equal(round.accept(1, 0, 2), "unknown");
});

Deno.test("Round.lost gives a dead worker's open nodes to the others, split along the tree", () => {
  const round = new Round(4);
  round.start([{ worker: 1, begin: 0, end: 2 }, { worker: 2, begin: 2, end: 3 }, {
    worker: 3,
    begin: 3,
    end: 4,
  }], 0);
  assert.deepEqual(nodes(round.lost(1, [2, 3], 5)), ["2:0-1", "3:1-2"]);
});

Deno.test("Round.lost keeps what the dead worker had answered", () => {
  const round = new Round(4);
  round.start([{ worker: 1, begin: 0, end: 3 }, { worker: 2, begin: 3, end: 4 }], 0);
  round.accept(1, 0, 2);
  assert.deepEqual(nodes(round.lost(1, [2], 5)), ["2:2-3"]);
});

Deno.test("Round waits without workers and goes on with the first that comes", () => {
  const round = new Round(4);
  round.start([{ worker: 1, begin: 0, end: 4 }], 0);
  assert.deepEqual(round.lost(1, [], 5), []);
  assert.deepEqual(nodes(round.reissueMissing([9], 6)), ["9:0-4"]);
  assert.deepEqual(round.reissueMissing([9], 7), []);
});

Deno.test("Round.doubleLate asks an idle worker, too; the later answer is a duplicate", () => {
  const round = new Round(2);
  round.start([{ worker: 1, begin: 0, end: 1 }, { worker: 2, begin: 1, end: 2 }], 0);
  round.accept(2, 1, 2);
  const after = (deadline_ms: number, now_ms: number) => (task: Task) =>
    now_ms - task.issued_ms >= deadline_ms;
  assert.deepEqual(round.doubleLate(after(11, 10), [2], 10), [], "not late yet");
  assert.deepEqual(nodes(round.doubleLate(after(5, 10), [2], 10)), ["2:0-1"]);
  assert.deepEqual(round.doubleLate(after(15, 20), [3], 20), [], "the second one still has time");
  assert.deepEqual(
    nodes(round.doubleLate(after(15, 30), [1, 2, 3], 30)),
    ["3:0-1"],
    "the second one is late, too",
  );
  assert.equal(round.accept(2, 0, 1), "accepted");
  assert.equal(round.complete, true);
  assert.equal(round.accept(1, 0, 1), "duplicate");
});

Deno.test("Round completes with each shard exactly once, whatever dies, joins and answers late", () => {
  const events = fc.array(fc.tuple(fc.nat(3), fc.nat(7)), { maxLength: 60 });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 16 }),
      fc.constantFrom(null, 1, 2, 4),
      fc.integer({ min: 1, max: 4 }),
      events,
      (num_groups, group_shards, workers, plan) => {
        const size = group_shards ?? 1;
        const num_shards = num_groups * size;
        const round = new Round(num_shards, group_shards);
        const alive = new Set(Array.from({ length: workers }, (_, i) => i + 1));
        let next_worker = workers + 1;
        const share = Math.ceil(num_groups / workers) * size;
        const ranges = [...alive].map((worker, i) => ({
          worker,
          begin: Math.min(num_shards, i * share),
          end: Math.min(num_shards, (i + 1) * share),
        })).filter((range) => range.end > range.begin);
        round.start(ranges, 0);
        const counted = new Uint8Array(num_shards);
        const answer = (task: Task) => {
          assert.ok(isNode(task.begin, task.end, num_shards));
          if (group_shards !== null) assert.deepEqual([task.begin % size, task.end - task.begin], [0, size]);
          if (round.accept(task.worker, task.begin, task.end) !== "accepted") return;
          for (let shard = task.begin; shard < task.end; shard++) counted[shard]!++;
        };
        for (const [kind, pick] of plan) {
          const task = round.open[pick % Math.max(1, round.open.length)];
          if (kind === 0 && task) answer(task);
          else if (kind === 1 && alive.size > 0) {
            const victim = [...alive][pick % alive.size]!;
            alive.delete(victim);
            round.lost(victim, [...alive], 1);
          } else if (kind === 2) {
            alive.add(next_worker);
            round.reissueMissing([next_worker++], 1);
          } else round.doubleLate(({ issued_ms }) => issued_ms < 1, [...alive], 1);
        }
        alive.add(next_worker);
        round.reissueMissing([next_worker], 2);
        while (round.open.length > 0) answer(round.open[0]!);
        assert.equal(round.complete, true);
        assert.deepEqual([...counted], Array(num_shards).fill(1));
      },
    ),
    { seed: 13 },
  );
});

Deno.test("Round.reject opens a node again, and askAgain gives it whole to the least loaded", () => {
  const round = new Round(4);
  round.start([{ worker: 1, begin: 0, end: 2 }, { worker: 2, begin: 2, end: 4 }], 0);
  assert.equal(round.reject(2, 0, 2), "unknown");
  assert.equal(round.reject(1, 0, 2), "rejected");
  assert.equal(round.reject(1, 0, 2), "unknown");
  assert.equal(round.complete, false);
  assert.deepEqual(nodes(round.askAgain(0, 2, [2, 3], 5)), ["3:0-2"]);
  assert.deepEqual(nodes(round.askAgain(0, 2, [2, 3], 5)), [], "somebody is at it");
  assert.equal(round.accept(3, 0, 2), "accepted");
  assert.equal(round.accept(2, 2, 4), "accepted");
  assert.equal(round.complete, true);
});

Deno.test("Round.askAgain asks for no more of a node than is missing", () => {
  const round = new Round(4);
  round.start([{ worker: 1, begin: 0, end: 4 }], 0);
  const [twin] = round.doubleLate(() => true, [2], 2);
  assert.deepEqual([twin!.begin, twin!.end], [0, 4]);
  // The late one is rejected while its twin is at work; when that dies, its pieces go to two others.
  assert.equal(round.reject(1, 0, 4), "rejected");
  assert.deepEqual(nodes(round.askAgain(0, 4, [3], 3)), []);
  assert.deepEqual(nodes(round.lost(2, [3, 4], 4)), ["3:0-2", "4:2-4"]);
  assert.equal(round.accept(3, 0, 2), "accepted");
  assert.equal(round.reject(4, 2, 4), "rejected");
  assert.deepEqual(nodes(round.askAgain(0, 4, [3], 5)), ["3:2-4"]);
});

Deno.test("Round.reject of what others have answered meanwhile is a duplicate", () => {
  const round = new Round(2);
  round.start([{ worker: 1, begin: 0, end: 2 }], 0);
  round.doubleLate(() => true, [2], 2);
  assert.equal(round.accept(2, 0, 2), "accepted");
  assert.equal(round.reject(1, 0, 2), "duplicate");
});
