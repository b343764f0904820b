/** Who is waited for, and for how long: slow links, silent workers, spares. All by a clock that is turned by hand. */
import assert from "node:assert/strict";
import { settled } from "../../wire/fake_clock.ts";
import { open, REQUEST, values } from "./fleet_scene.ts";
import type { ScriptedWorker } from "./scripted_worker.ts";

type Scene = Awaited<ReturnType<typeof open>>;
/** How long a worker takes for a shard, and on top of that for an answer; Infinity: it only pings. */
interface Pace {
  readonly shard_ms: number;
  readonly transfer_ms: number;
}
type Paces = ReadonlyMap<ScriptedWorker, Pace>;

const pace = (shard_ms: number, transfer_ms = 0): Pace => ({ shard_ms, transfer_ms });
const SILENT = pace(1, Infinity);

/** Takes one critic step with workers of these paces, and returns how long it took. */
async function step({ fleet, clock }: Scene, step: number, paces: Paces): Promise<number> {
  const began_ms = clock.now_ms();
  const asked_ms = new Map<unknown, number>();
  let is_open = true;
  const round = fleet.round({ ...REQUEST, step }).then(() => is_open = false);
  await settled();
  while (is_open) {
    let next_ms = 500;
    for (const [worker, pace] of paces) {
      const left_ms = await answerDue(worker, pace, asked_ms, clock.now_ms());
      next_ms = Math.min(next_ms, left_ms);
    }
    if (is_open) await clock.advance(next_ms);
  }
  await round;
  return clock.now_ms() - began_ms;
}

/** Has the worker answer what is due, in order; returns after what time its next answer is. */
async function answerDue(
  worker: ScriptedWorker,
  { shard_ms, transfer_ms }: Pace,
  asked_ms: Map<unknown, number>,
  now_ms: number,
): Promise<number> {
  let computed_ms = 0;
  while (true) {
    const [work] = worker.work;
    if (!work) return Infinity;
    if (!asked_ms.has(work)) asked_ms.set(work, now_ms);
    const compute_ms = (work.end - work.begin) * shard_ms;
    computed_ms += compute_ms;
    const due_ms = asked_ms.get(work)! + computed_ms + transfer_ms;
    if (now_ms < due_ms) return due_ms - now_ms;
    await worker.answer(values(1), { compute_ms, elapsed_ms: compute_ms });
  }
}

async function steps(scene: Scene, first: number, count: number, paces: Paces): Promise<number[]> {
  const took_ms: number[] = [];
  for (let i = 0; i < count; i++) took_ms.push(await step(scene, first + i, paces));
  return took_ms;
}

const lateness = ({ told }: Scene) => told.filter((line) => line.startsWith("late answer")).length;
const asked = (worker: ScriptedWorker) => worker.messages("work").length;

Deno.test("a slow link is no lateness: its worker's deadline follows its own arrivals, and nothing is asked twice", async () => {
  const scene = await open();
  const near = await scene.join("near"), far = await scene.join("far");
  const paces = new Map([[near, pace(1, 5)], [far, pace(1, 3_000)]]);
  await steps(scene, 1, 12, paces);
  assert.equal(lateness(scene), 0, scene.told.join("\n"));
  await scene.fleet.finish("test over");
});

Deno.test("a worker behind a slow link that would lengthen the step becomes a spare, and is told why in figures", async () => {
  const scene = await open();
  const near = await scene.join("near"), far = await scene.join("far");
  const took_ms = await steps(scene, 1, 12, new Map([[near, pace(1, 5)], [far, pace(1, 3_000)]]));
  assert.equal(took_ms[0], 3_002);
  assert.equal(took_ms.at(-1), 9);
  assert.deepEqual(far.messages("notice").map(({ text }) => text), [
    "No shard is left for this worker (its answers take 3001 ms, 3000 ms of that in transfer): it waits as a spare worker",
  ]);
  await scene.fleet.finish("test over");
});

Deno.test("a silent worker that still pings costs one deadline, not one in each step", async () => {
  const scene = await open();
  const good = await scene.join("good"), bad = await scene.join("bad");
  await steps(scene, 1, 20, new Map([[good, pace(1, 5)], [bad, pace(1, 5)]]));
  const took_ms = await steps(scene, 21, 40, new Map([[good, pace(1, 5)], [bad, SILENT]]));
  const slow_ms = took_ms.filter((ms) => ms > 100);
  assert.equal(slow_ms.length, 1, took_ms.join());
  assert.ok(slow_ms[0]! <= 1_000 + 2 * 500 + 10, `${slow_ms[0]}`);
  assert.equal(lateness(scene), 1);
  await scene.fleet.finish("test over");
});

Deno.test("a silent worker that still pings is let go after minutes, however many rounds have passed", async () => {
  const scene = await open();
  const good = await scene.join("good"), bad = await scene.join("bad");
  await steps(scene, 1, 20, new Map([[good, pace(1, 1_000)], [bad, pace(1, 1_000)]]));
  await steps(scene, 21, 310, new Map([[good, pace(1, 1_000)], [bad, SILENT]]));
  assert.ok(scene.told.some((line) => /^bad left: It kept shards 2 to 3 for \d+ s$/.test(line)));
  await scene.fleet.finish("test over");
});

Deno.test("a worker that was slow once gets its shards back when it is well", async () => {
  const scene = await open();
  const good = await scene.join("good"), bad = await scene.join("bad");
  await steps(scene, 1, 20, new Map([[good, pace(250)], [bad, pace(250)]]));
  await steps(scene, 21, 8, new Map([[good, pace(250)], [bad, pace(20_000)]]));
  assert.ok(lateness(scene) > 0);
  const before = asked(bad);
  const took_ms = await steps(scene, 29, 40, new Map([[good, pace(250)], [bad, pace(250)]]));
  assert.deepEqual([took_ms[0], took_ms.at(-1)], [1_000, 500]);
  assert.ok(asked(bad) - before > 10, `asked ${asked(bad) - before} times`);
  await scene.fleet.finish("test over");
});

Deno.test("a worker left without shards at the start is measured, and gets shards where it is as quick", async () => {
  const scene = await open({ num_shards: 2 });
  const one = await scene.join("one", { threads: 2 });
  // Its probe was taken beside others that were compiling.
  const two = await scene.join("two", { shard_ms: 50 });
  const paces = new Map([[one, pace(20)], [two, pace(10)]]);
  await steps(scene, 1, 1, paces);
  assert.deepEqual([asked(one), asked(two)], [1, 0]);
  await steps(scene, 2, 12, paces);
  assert.ok(asked(two) >= 6, `${asked(two)}`);
  assert.deepEqual(one.messages("refuse"), []);
  assert.deepEqual(two.messages("refuse"), []);
  await scene.fleet.finish("test over");
});

Deno.test("a newcomer proves itself before others wait for it", async () => {
  const scene = await open();
  const one = await scene.join("one");
  await steps(scene, 1, 8, new Map([[one, pace(1, 5)]]));
  const hung = await scene.join("hung");
  const took_ms = await steps(scene, 9, 50, new Map([[one, pace(1, 5)], [hung, SILENT]]));
  assert.equal(Math.max(...took_ms), 9);
  assert.equal(asked(hung), 1);
  await scene.fleet.finish("test over");
});

Deno.test("shards are shared anew by time, not by steps: steps of seconds do not put it off", async () => {
  const scene = await open();
  const one = await scene.join("one"), two = await scene.join("two");
  const slow = { compute_ms: 6_000, elapsed_ms: 6_000 };
  let moved_at: number | null = null;
  for (let at = 1; at <= 12 && moved_at === null; at++) {
    const round = scene.fleet.round({ ...REQUEST, step: at });
    await settled();
    await scene.clock.advance(1_000);
    while (one.work.length > 0) await one.answer(values(1), { compute_ms: 1_000, elapsed_ms: 1_000 });
    for (let s = 0; s < 10; s++) await scene.clock.advance(500);
    while (two.work.length > 0) await two.answer(values(1), slow);
    await round;
    if (scene.told.some((line) => line.startsWith("uneven speeds"))) moved_at = at;
  }
  assert.ok(moved_at !== null && moved_at <= 5, `${moved_at}`);
  await scene.fleet.finish("test over");
});

Deno.test("what a worker claims of its times changes nobody else's deadline", async () => {
  const scene = await open();
  const honest = await scene.join("honest"), liar = await scene.join("liar");
  for (let at = 1; at <= 80; at++) {
    const round = scene.fleet.round({ ...REQUEST, step: at });
    await settled();
    await scene.clock.advance(5);
    while (honest.work.length > 0) await honest.answer(values(1));
    while (liar.work.length > 0) await liar.answer(values(1), { compute_ms: 1e9, elapsed_ms: 1e9 });
    await round;
  }
  const took_ms = await steps(scene, 81, 1, new Map([[honest, SILENT], [liar, pace(1, 5)]]));
  assert.ok(took_ms[0]! <= 1_000 + 2 * 500 + 10, `${took_ms}`);
  await scene.fleet.finish("test over");
});
