/** Teams are tried: what a step takes with one more worker, or one fewer, is found out and kept where it is shorter. */
import assert from "node:assert/strict";
import type { Range, Speed } from "../../../../coordinator/fleet/placement/assignment.ts";
import { ShardRebalancer } from "../../../../coordinator/fleet/placement/shard_rebalancer.ts";

type Known = Speed & { readonly measured: boolean };

const worker = (id: number, shard_ms: number, transfer_ms: number): Known => ({
  worker: id,
  threads: 1,
  shard_ms,
  transfer_ms,
  measured: true,
});

/** A run whose steps take what `stepOf` says of the workers that compute; `workers` may come and go. */
class Run {
  readonly rebalancer: ShardRebalancer;
  now_ms = 0;
  steps = 0;
  workers: Known[];
  holds_all = true;
  /** Who shares the coordinator's memory. */
  local: readonly number[] = [];
  readonly reasons: string[] = [];

  constructor(workers: Known[], readonly stepOf: (ranges: readonly Range[]) => number, num_shards = 4) {
    this.workers = workers;
    this.rebalancer = new ShardRebalancer(num_shards);
  }

  /** Takes critic steps for so long, one in five with a generator step. */
  go(for_ms: number): this {
    for (const end_ms = this.now_ms + for_ms; this.now_ms < end_ms; this.steps++) {
      this.#round("critic");
      if (this.steps % 5 === 4) this.#round("generator");
    }
    return this;
  }

  #round(kind: "critic" | "generator"): void {
    const change = this.rebalancer.update(this.workers, this.now_ms, {
      kind,
      holdsAll: () => this.holds_all,
      isLocal: (worker) => this.local.includes(worker),
    });
    if (change?.reason) this.reasons.push(change.reason);
    this.now_ms += this.stepOf(this.rebalancer.ranges);
  }

  get team(): number[] {
    return this.rebalancer.ranges.map(({ worker }) => worker);
  }
}

/** 5 ms a shard, and 40 ms on the way for each worker that shares the coordinator. */
const shared = (ranges: readonly Range[]) => 20 / ranges.length + 40 * ranges.length;

Deno.test("two far workers that are slower together: one computes, and the other is told both figures", () => {
  // Each answer is on the way for as long as both take: by its own time the second one seems to help.
  const run = new Run([worker(1, 5, 80), worker(2, 5, 80)], shared).go(5_000);
  assert.equal(run.team.length, 1);
  const [spare] = [1, 2].filter((id) => !run.team.includes(id));
  assert.deepEqual(run.rebalancer.whySpare(spare!), { with_ms: 90, without_ms: 60 });
  assert.deepEqual(run.reasons, [`Steps take 90 ms with worker ${spare}, 60 ms without it`]);
});

Deno.test("a worker that shares memory is never left out to try it: a passing load would decide", () => {
  const workers = [worker(1, 2, 1), worker(2, 2, 1)];
  const stepOf = (ranges: readonly Range[]) => ranges.length === 2 ? 8 : 5;
  const tried = new Run(workers, stepOf).go(20_000);
  assert.deepEqual(tried.rebalancer.ranges.length, 1, "without that, it would be");
  const run = new Run(workers, stepOf);
  run.local = [1, 2];
  run.go(20_000);
  assert.equal(run.rebalancer.ranges.length, 2);
  assert.deepEqual(run.reasons, []);
});

Deno.test("two far workers that are faster together stay, and trying costs less than 2 % of the time", () => {
  const run = new Run([worker(1, 50, 30), worker(2, 50, 30)], (ranges) => 200 / ranges.length + 30);
  run.go(600_000);
  assert.deepEqual(run.team, [1, 2]);
  assert.ok(run.now_ms / run.steps < 1.2 * 130 * 1.02, `${run.now_ms / run.steps} ms a step`);
  assert.deepEqual(run.reasons, []);
});

Deno.test("a near worker is left alone where far ones only hold it up, at once and not one by one", () => {
  const step = (ranges: readonly Range[]) => ranges.length === 1 ? 20 : 60 + 10 * ranges.length;
  const run = new Run(
    [worker(1, 5, 0), worker(2, 5, 8), worker(3, 5, 9)],
    (ranges) => ranges[0]!.worker === 1 ? step(ranges) : 90,
  );
  run.workers = run.workers.map((one) => one.worker === 1 ? one : { ...one, transfer_ms: 20 });
  const ranges = run.rebalancer;
  ranges.update(run.workers.map((one) => ({ ...one, transfer_ms: 0 })), 0);
  assert.equal(ranges.ranges.length, 3);
  run.go(4_000);
  assert.deepEqual(run.team, [1]);
  assert.deepEqual(run.reasons, ["Steps take 90 ms with workers 2, 3, 20 ms without them"]);
});

Deno.test("a newcomer that makes steps longer is a spare one again after three steps or eight", () => {
  const run = new Run([worker(1, 5, 20)], (ranges) => ranges.length === 1 ? 40 : 50).go(2_000);
  run.workers.push(worker(2, 5, 20));
  const before = run.steps;
  while (run.rebalancer.whySpare(2) === null) run.go(1);
  assert.equal(
    run.steps - before,
    1 + 3 + 1 + 1,
    "one is cold, three are clear, one has a generator step; the next knows",
  );
  assert.deepEqual(run.team, [1]);
  assert.deepEqual(run.rebalancer.whySpare(2), { with_ms: 50, without_ms: 40 });
});

Deno.test("what nobody can see in a worker's own times is tried again, after twice as long each time", () => {
  const run = new Run([worker(1, 5, 20)], (ranges) => ranges.length === 1 ? 40 : 50).go(2_000);
  run.workers.push(worker(2, 5, 20));
  const tried: number[] = [];
  let was_trying = false;
  while (run.now_ms < 300_000) {
    run.go(1);
    if (run.rebalancer.is_trying && !was_trying) tried.push(Math.round(run.now_ms / 1_000));
    was_trying = run.rebalancer.is_trying;
  }
  const pauses = tried.slice(1).map((at, i) => at - tried[i]!);
  // From one trial's begin to the next: its own steps take a second.
  assert.deepEqual(pauses.map((pause_s) => Math.round(pause_s / 10)), [3, 6, 12]);
});

Deno.test("a spare worker whose link has become better comes back", () => {
  let slow = true;
  const run = new Run(
    [worker(1, 50, 200), worker(2, 50, 200)],
    (ranges) => ranges.length === 1 ? 400 : slow ? 500 : 300,
  );
  run.go(20_000);
  assert.equal(run.team.length, 1);
  slow = false;
  run.go(60_000);
  assert.equal(run.team.length, 2);
  assert.match(run.reasons.at(-1)!, /^Steps take 300 ms with worker \d, 400 ms without it$/);
});

Deno.test("other shares that make steps no shorter are taken back, and tried again ever more rarely", () => {
  // Where one of them has three shards, it looks as if the other were the quicker.
  const looks = (ranges: readonly Range[]) =>
    [1, 2].map((id) => {
      const range = ranges.find(({ worker }) => worker === id);
      return worker(id, range && range.end - range.begin > 1 ? 12 : 4, 0.5);
    });
  const run = new Run([worker(1, 4, 0.5), worker(2, 12, 0.5)], (ranges) => ranges.length === 2 ? 20 : 18);
  const shares = new Map<string, number>();
  while (run.now_ms < 200_000) {
    run.workers = looks(run.rebalancer.ranges);
    run.go(1);
    const key = run.rebalancer.ranges.map(({ begin, end }) => end - begin).join();
    shares.set(key, (shares.get(key) ?? 0) + 1);
  }
  const most = Math.max(...shares.values());
  assert.ok(most > 0.95 * run.steps, JSON.stringify([...shares]));
  assert.deepEqual(run.reasons, []);
});

Deno.test("shares that make steps shorter stay, and the log has both times", () => {
  const run = new Run(
    [worker(1, 9, 0.5), worker(2, 9, 0.5)],
    ([first]) => first!.end === 2 ? 18 : first!.end === 1 ? 12 : 40,
  ).go(12_000);
  run.workers = [worker(1, 9, 0.5), worker(2, 3, 0.5)];
  run.go(20_000);
  assert.deepEqual(run.reasons, [
    "Steps take 12 ms with this many shards: worker 1: 1, worker 2: 3; 18 ms before",
  ]);
});

Deno.test("nothing is tried as long as data travel beside the work, nor where answers take no time on the way", () => {
  const loading = new Run([worker(1, 5, 80), worker(2, 5, 80)], shared);
  loading.holds_all = false;
  assert.equal(loading.go(20_000).team.length, 2);
  loading.holds_all = true;
  assert.equal(loading.go(5_000).team.length, 1);
  const local = new Run([worker(1, 5, 1), worker(2, 5, 1)], () => 30);
  for (let i = 0; i < 1_000; i++) {
    local.go(1);
    assert.equal(local.rebalancer.is_trying, false);
  }
});

Deno.test("who leaves while it is tried to do without it does not come back with the end of that", () => {
  const run = new Run(
    [worker(1, 5, 80), worker(2, 5, 80), worker(3, 5, 80)],
    (ranges) => 100 / ranges.length,
  );
  while (!run.rebalancer.is_trying) run.go(1);
  const [gone] = [1, 2, 3].filter((id) => !run.team.includes(id));
  run.workers = run.workers.filter(({ worker }) => worker !== gone);
  for (let i = 0; i < 200; i++) {
    run.go(1);
    assert.ok(!run.team.includes(gone!));
    assert.equal(run.rebalancer.ranges.at(-1)!.end, 4);
  }
});

Deno.test("who leaves while others are tried without is replaced at once", () => {
  const run = new Run([worker(1, 5, 80), worker(2, 5, 80)], (ranges) => 100 / ranges.length);
  while (!run.rebalancer.is_trying) run.go(1);
  const [left] = run.team;
  run.workers = run.workers.filter(({ worker }) => worker !== left);
  run.go(1);
  assert.deepEqual(run.team, [1, 2].filter((id) => id !== left));
});
