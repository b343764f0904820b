import assert from "node:assert/strict";
import { TrackRecord } from "../../../../coordinator/fleet/placement/track_record.ts";

const NODE = { begin: 0, end: 2 };

/** A worker's record, and a clock that its answers move. */
function scene() {
  const record = new TrackRecord(7, 1, 3);
  let now_ms = 0, step = 0;
  const ask = (is_trial = false) => record.ask({ step: ++step, kind: "critic" }, NODE, now_ms, is_trial);
  const answer = (answered_ms: number, { compute_ms = 2, elapsed_ms = 2 } = {}, of = step) => {
    now_ms += answered_ms;
    return record.answered({ step: of, kind: "critic", ...NODE, compute_ms, elapsed_ms }, now_ms);
  };
  const times = (count: number, answered_ms: number) => {
    for (let i = 0; i < count; i++) {
      ask();
      answer(answered_ms);
    }
  };
  return { record, ask, answer, times, now: () => now_ms, wait: (ms: number) => now_ms += ms };
}

Deno.test("speed: computing by the worker's claim, the rest of the answer time is transfer", () => {
  const { record, ask, answer, times } = scene();
  assert.deepEqual(record.speed, { worker: 7, threads: 1, shard_ms: 3, transfer_ms: 0, measured: false });
  times(1, 900);
  assert.equal(
    record.speed.measured,
    false,
    "the first answer carries cold caches and both networks' weights",
  );
  ask();
  answer(100, { compute_ms: 40, elapsed_ms: 25 });
  assert.deepEqual(record.speed, { worker: 7, threads: 1, shard_ms: 20, transfer_ms: 75, measured: true });
});

Deno.test("speed: a worker cannot claim more time than passed here", () => {
  const { record, ask, answer, times } = scene();
  times(1, 10);
  ask();
  answer(10, { compute_ms: 1e308, elapsed_ms: 1e308 });
  assert.deepEqual(record.speed, { worker: 7, threads: 1, shard_ms: 10, transfer_ms: 0, measured: true });
});

Deno.test("speed: answers that are seldom count in full, frequent ones are smoothed", () => {
  const seldom = scene(), frequent = scene();
  seldom.times(3, 20_000);
  frequent.times(3, 20);
  seldom.times(1, 40_000);
  frequent.times(1, 40);
  assert.ok(Math.abs(seldom.record.speed.transfer_ms - 40_000) < 10);
  assert.ok(Math.abs(frequent.record.speed.transfer_ms - 19) < 2);
});

Deno.test("speed: what follows a generator step, and the step itself, do not count: their bytes are others", () => {
  const { record, times, wait, now } = scene();
  times(6, 100);
  let at = 1_000;
  const answer = (kind: "critic" | "generator", answered_ms: number) => {
    record.ask({ step: ++at, kind }, NODE, now());
    wait(answered_ms);
    record.answered({ step: at, kind, ...NODE, compute_ms: 2, elapsed_ms: 2 }, now());
  };
  for (let cycle = 0; cycle < 20; cycle++) {
    answer("generator", 900);
    answer("critic", 500);
    for (let i = 0; i < 4; i++) answer("critic", 100);
  }
  assert.ok(Math.abs(record.speed.transfer_ms - 98) < 1e-9, `${record.speed.transfer_ms}`);
});

Deno.test("trials: who has shards is known for ten seconds, and trials of all spare workers take a hundredth of the time on the way", () => {
  const { record, ask, answer, times, now, wait } = scene();
  times(6, 5);
  wait(9_000);
  assert.equal(record.isTrialDue(now()), false);
  wait(1_000);
  assert.equal(record.isTrialDue(now()), true);
  // It is warm: four answers are enough, with 400 ms on the way each; a cold one would be a fifth.
  for (let answers = 0; answers < 4; answers++) {
    ask(true);
    answer(402);
  }
  wait(100 * 5 * 400 - 1);
  assert.equal(record.isTrialDue(now()), false);
  wait(1);
  assert.deepEqual([record.isTrialDue(now()), record.isTrialDue(now(), 2)], [true, false]);
  wait(100 * 5 * 400);
  assert.equal(record.isTrialDue(now(), 2), true);
});

Deno.test("speed: of a trial the best answer counts, the cold first one aside", () => {
  const { record, ask, answer } = scene();
  for (const answered_ms of [2, 90, 60, 40, 70]) {
    ask(true);
    answer(answered_ms);
  }
  assert.deepEqual(record.speed, { worker: 7, threads: 1, shard_ms: 1, transfer_ms: 38, measured: true });
});

Deno.test("standing: new, proven after five answers in time, late after one that was not", () => {
  const { record, ask, answer, times, now, wait } = scene();
  assert.equal(record.standing, "new");
  times(4, 5);
  assert.equal(record.standing, "new");
  times(1, 5);
  assert.equal(record.standing, "proven");
  ask();
  wait(999);
  assert.equal(record.becameLate(now()), false);
  wait(1);
  assert.equal(record.becameLate(now()), true);
  assert.equal(record.becameLate(now()), false, "told once");
  assert.deepEqual([record.standing, record.owes], ["late", true]);
  answer(5_000);
  assert.deepEqual([record.standing, record.owes], ["late", false]);
  times(5, 5);
  assert.equal(record.standing, "proven");
});

Deno.test("trials: at once for a newcomer, with five answers; then after 10, 20, 40, 60, 60 s", () => {
  const { record, ask, answer, now, wait } = scene();
  const pauses: number[] = [];
  for (let trial = 0; trial < 6; trial++) {
    const began_ms = now();
    while (!record.isTrialDue(now())) wait(1_000);
    pauses.push(now() - began_ms);
    for (let answers = 0; answers < 5; answers++) {
      ask(true);
      assert.equal(record.isTrialDue(now()), false, "one at a time");
      assert.equal(answer(5)!.is_trial, true);
      assert.equal(record.isTrialDue(now()), answers < 4);
    }
  }
  assert.deepEqual(pauses, [0, 10_000, 20_000, 40_000, 60_000, 60_000]);
});

Deno.test("repeated lateness adds up: each pause is twice as long, up to five minutes", () => {
  const { record, ask, answer, times, now, wait } = scene();
  times(5, 5);
  const pauses: number[] = [];
  for (let late = 0; late < 8; late++) {
    ask();
    answer(10_000_000);
    const began_ms = now();
    while (!record.isTrialDue(now())) wait(1_000);
    pauses.push((now() - began_ms) / 1000);
    // The median of the next answers stays that of quick ones.
    times(20, 5);
  }
  assert.deepEqual(pauses, [5, 10, 20, 40, 80, 160, 300, 300]);
  times(300, 5);
  ask();
  answer(10_000_000);
  const began_ms = now();
  while (!record.isTrialDue(now())) wait(1_000);
  assert.equal(now() - began_ms, 5_000, "forgiven after many answers in time");
});

Deno.test("a generator's result that always takes longer than critics' ones is not late", () => {
  const { record, times, wait, now } = scene();
  const generator = (step: number, answered_ms: number) => {
    record.ask({ step, kind: "generator" }, NODE, now());
    wait(answered_ms);
    const is_late = record.becameLate(now());
    record.answered({ step, kind: "generator", ...NODE, compute_ms: 2, elapsed_ms: 2 }, now());
    return is_late;
  };
  for (let cycle = 0; cycle < 10; cycle++) {
    times(5, 250);
    assert.equal(generator(1_000 + cycle, 3_000), false);
    assert.notEqual(record.standing, "late");
  }
  assert.equal(generator(2_000, 13_000), true, "four times as long as ever is late");
});

Deno.test("answers that nobody asked for are none", () => {
  const { record, ask, answer } = scene();
  ask();
  assert.equal(answer(1, {}, 99), null);
  assert.equal(answer(1)!.is_trial, false);
  assert.equal(answer(1), null, "answered already");
  assert.equal(record.oldest, undefined);
});
