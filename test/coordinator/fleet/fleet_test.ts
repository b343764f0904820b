/** The workers of a run: who is let in, asked and told what. Workers are scripted, sockets are in memory. */
import assert from "node:assert/strict";
import { VARYING_CLASS } from "../../../common/numeric_class.ts";
import { FakeClock, settled } from "../../wire/fake_clock.ts";
import { open, outcome, REQUEST, RESULT_SIZE, values } from "./fleet_scene.ts";
import { READ_TOKEN, ScriptedWorker } from "./scripted_worker.ts";

Deno.test("a round asks each worker for its nodes and resolves when all have answered", async () => {
  const { fleet, join } = await open();
  const [one, two] = [await join("one"), await join("two")];
  const round = fleet.round(REQUEST);
  await settled();
  assert.deepEqual([one.nodes, two.nodes], [["0-2"], ["2-4"]]);
  await two.answer(values(2));
  await one.answer(values(1));
  assert.deepEqual(await outcome(round), ["0-2: 1", "2-4: 2"]);
  assert.deepEqual([...(await round).shares.values()].map((share) => share.shards), [2, 2]);
  await fleet.finish("test over");
});

Deno.test("weights are sent once per change, before the work that needs them", async () => {
  const { fleet, join } = await open();
  const one = await join("one");
  for (const step of [1, 2]) {
    const round = fleet.round({ ...REQUEST, step });
    await settled();
    await one.answer(values(step));
    await round;
    fleet.publish("critic", step, {
      checksum: `00000000000000c${step + 1}`,
      given: Float32Array.of(step, step),
      change: null,
    });
    await settled();
  }
  const order = one.received.filter(({ type }) => type === "weights" || type === "work")
    .map((m) => m.type === "weights" ? `${m.state} ${m.checksum.slice(-2)}` : m.type);
  assert.deepEqual(order, ["critic c1", "generator d1", "work", "critic c2", "work", "critic c3"]);
  await fleet.finish("test over");
});

Deno.test("shards follow their worker: inline until it says that it holds them", async () => {
  const { fleet, join } = await open();
  const one = await join("one");
  let round = fleet.round(REQUEST);
  await settled();
  assert.deepEqual(one.work[0]!.inline, [0, 1, 2, 3]);
  assert.deepEqual([...new Set(one.messages("shard_chunk").map((chunk) => chunk.shard))], [0, 1, 2, 3]);
  one.send({ type: "shard_held", run: "run-1", shard: 1 });
  await one.answer(values(1));
  await round;
  round = fleet.round({ ...REQUEST, step: 2 });
  await settled();
  assert.deepEqual(one.work[0]!.inline, [0, 2, 3]);
  await one.answer(values(1));
  await fleet.finish("test over");
});

Deno.test("what a worker says right after ready counts", async () => {
  const { fleet, join } = await open();
  const one = await join("one", { held: [0, 1, 3] });
  const round = fleet.round(REQUEST);
  await settled();
  assert.deepEqual(one.work[0]!.inline, [2]);
  assert.deepEqual(one.messages("refuse"), []);
  await one.answer(values(1));
  await round;
  await fleet.finish("test over");
});

Deno.test("generations never go back, whenever weights were published and workers came", async () => {
  const { fleet, join } = await open();
  const workers = [await join("one")];
  for (const step of [1, 2, 3]) {
    const round = fleet.round({ ...REQUEST, step });
    await settled();
    for (const worker of workers) await worker.answer(values(step));
    await round;
    workers.push(await join(`another at step ${step}`));
    fleet.publish("critic", step, {
      checksum: `00000000000000c${step + 1}`,
      given: Float32Array.of(step, step),
      change: null,
    });
  }
  for (const { name, received } of workers) {
    const generations = received.flatMap((message) => "generation" in message ? [message.generation] : []);
    assert.deepEqual(generations, [...generations].sort((a, b) => a - b), name);
  }
  await fleet.finish("test over");
});

Deno.test("a result of another step, run, incarnation or weights is refused as stale and changes nothing", async () => {
  const { fleet, join } = await open();
  const one = await join("one");
  const wrong = [
    { step: 7 },
    { run: "run-2" },
    { incarnation: 1 },
    { generation: 99 },
    { kind: "generator" },
    { critic_checksum: "00000000000000ff" },
    { generator_checksum: "00000000000000ff" },
    { begin: 0, end: 1 },
  ] as const;
  const round = fleet.round(REQUEST);
  await settled();
  for (const [i, change] of wrong.entries()) {
    one.work.push(one.messages("work")[0]!);
    one.work.splice(0, one.work.length - 1);
    await one.answer(values(666), change);
    assert.deepEqual(
      one.messages("refuse").map(({ code }) => code),
      Array(i + 1).fill("stale"),
      JSON.stringify(change),
    );
  }
  one.work.push(one.messages("work")[0]!);
  await one.answer(values(5));
  assert.deepEqual(await outcome(round), ["0-4: 5"]);
  assert.equal(one.closed, null);
  await fleet.finish("test over");
});

Deno.test("a result of the wrong size is refused as a bad message", async () => {
  const { fleet, join } = await open();
  const one = await join("one");
  const round = fleet.round(REQUEST);
  await settled();
  one.work.push(one.work[0]!);
  await one.answer(Float32Array.of(1, 2));
  assert.deepEqual(one.messages("refuse").map(({ code, reason }) => [code, reason]), [
    ["bad_message", "Payload must have 5 float32 values (20 bytes): found 8 bytes"],
  ]);
  await one.answer(values(4));
  assert.deepEqual(await outcome(round), ["0-4: 4"]);
  await fleet.finish("test over");
});

Deno.test("late work is asked of an idle worker, too; the first answer counts, the second changes nothing", async () => {
  const { fleet, join, clock, told } = await open();
  const [one, two] = [await join("one"), await join("two")];
  const round = fleet.round(REQUEST);
  await settled();
  await two.answer(values(2));
  // Before anything is measured, the deadline is 60 s; both workers keep saying that they live.
  for (let waited_s = 0; waited_s < 60; waited_s += 5) await clock.advance(5_000);
  await clock.advance(1_000);
  assert.deepEqual(two.nodes, ["0-2"]);
  assert.ok(told.some((line) => line.startsWith("late answer: asked worker 2 for shards 0 to 1, too")));
  await two.answer(values(20));
  assert.deepEqual(await outcome(round), ["0-2: 20", "2-4: 2"]);
  await one.answer(values(1));
  assert.deepEqual(one.messages("refuse").map(({ code }) => code), ["stale"]);
  await fleet.finish("test over");
});

Deno.test("a worker that keeps its work far past every deadline is let go", async () => {
  const { fleet, join, clock, told } = await open();
  await join("one");
  const round = fleet.round(REQUEST);
  round.catch(() => {});
  for (let waited_s = 0; waited_s <= 300; waited_s += 5) await clock.advance(5_000);
  assert.ok(told.some((line) => /^one left: It kept shards 0 to 3 for \d+ s$/.test(line)), told.join("\n"));
  await fleet.finish("test over");
});

Deno.test("silence is death", async () => {
  const { fleet, clock, told } = await open();
  // Its own clock stands: it sends no heartbeats either.
  const worker = await ScriptedWorker.join(fleet, new FakeClock(), { name: "mute" });
  worker.freeze();
  await clock.advance(15_000);
  assert.deepEqual(told.slice(0, 1), ["mute joined"]);
  assert.match(told[1]!, /^mute left: No sign of life from worker 1 for 1[0-2] s$/);
  assert.ok(worker.closed !== null);
  await fleet.finish("test over");
});

Deno.test("under exact, a worker of another numeric class is turned away for good; otherwise it is noted", async () => {
  const exact = await open({ exact: true });
  const one = await exact.join("one");
  const round = exact.fleet.round(REQUEST);
  await settled();
  await one.answer(values(1));
  await round;
  const other = await exact.join("other", { numeric_class: "b".repeat(64) });
  assert.deepEqual(other.messages("refuse").map(({ code, fatal }) => [code, fatal]), [[
    "numeric_class",
    true,
  ]]);
  assert.equal(exact.fleet.members.length, 1);
  await exact.fleet.finish("test over");

  const alone = await open({ exact: true });
  const varying = await alone.join("varying", { numeric_class: VARYING_CLASS });
  assert.deepEqual(varying.messages("refuse").map(({ reason }) => reason), [
    "This run promises the same bits (--exact), but this worker's device may compute different bits each time: " +
    "use another device, or start or resume the run with --no-exact",
  ]);
  assert.equal(alone.fleet.members.length, 0);
  await alone.fleet.finish("test over");

  const tolerant = await open({ exact: false });
  const both = [await tolerant.join("one"), await tolerant.join("other", { numeric_class: "b".repeat(64) })];
  assert.equal(tolerant.fleet.members.length, 2);
  const mixed = tolerant.fleet.round(REQUEST);
  await settled();
  for (const worker of both) await worker.answer(values(1));
  await mixed;
  assert.deepEqual([...tolerant.fleet.classes].map((name) => name[0]), ["a", "b"]);
  await tolerant.fleet.finish("test over");
});

Deno.test("who is still getting ready when the run ends is told so, and is no trouble", async () => {
  const { fleet, join, told } = await open();
  const one = await join("one");
  const late = await join("late", { ready: false });
  assert.equal(fleet.members.length, 1);
  await fleet.finish("test over");
  await settled();
  for (const worker of [one, late]) {
    assert.deepEqual(worker.messages("finish").map(({ reason }) => reason), ["test over"]);
  }
  assert.deepEqual(told, ["one joined"]);
});

Deno.test("a wrong token does not get in", async () => {
  const { fleet, join, told } = await open();
  await assert.rejects(join("thief", { token: "another token" }), { code: "wrong_token" });
  assert.equal(fleet.members.length, 0);
  assert.match(told[0]!, /^thief refused: /);
  await assert.rejects(
    join("reader", { token: READ_TOKEN }),
    /the read token of the live page/,
  );
  assert.equal(fleet.members.length, 0);
  await fleet.finish("test over");
});

Deno.test("workers beyond the shards wait as spare ones and are told so, and step in after a death", async () => {
  const { fleet, join } = await open({ num_shards: 1 });
  const [one, two] = [await join("one"), await join("two")];
  const round = fleet.round(REQUEST);
  await settled();
  assert.deepEqual(two.messages("notice").map(({ text }) => text), [
    "No shard is left for this worker: it waits as a spare worker. 1 thread of 2 must idle: this run has 1 shard, " +
    "and a " +
    "thread computes one at a time; a new run with --for-workers 2, and a --batch of 2 or more, keeps all busy",
  ]);
  assert.deepEqual([one.nodes, two.nodes], [["0-1"], []]);
  await one.die();
  assert.deepEqual(two.nodes, ["0-1"]);
  await two.answer(values(2));
  assert.deepEqual(await outcome(round), ["0-1: 2"]);
  await fleet.finish("test over");
});

Deno.test("a job that fails, or whose worker dies, gives null and a fault; the training does not notice", async () => {
  const { fleet, join, told } = await open();
  const one = await join("one");
  const nothing = new Float32Array(0);
  const request = { kind: "sample", count: 2, noise_counter: 0, weights: nothing, input: nothing } as const;
  const refused = fleet.jobs.ask(request, fleet.members);
  await settled();
  const { job } = one.messages("job")[0]!;
  one.send({ type: "refuse", code: "compute_failed", reason: "out of memory", fatal: false, job });
  assert.equal(await refused, null);
  const orphaned = fleet.jobs.ask(request, fleet.members);
  await settled();
  await one.die();
  assert.equal(await orphaned, null);
  assert.equal(told.filter((line) => line.startsWith("job failed (drawing 2 samples)")).length, 2);
  await fleet.finish("test over");
});

Deno.test("a job brings its weights as they are when it is asked, and its answer comes back as floats", async () => {
  const { fleet, join } = await open();
  const one = await join("one");
  const [weights, input] = [Float32Array.of(5, 6), Float32Array.of(7)];
  const asked = fleet.jobs.ask({ kind: "sample", count: 2, noise_counter: 0, weights, input }, fleet.members);
  weights.fill(0);
  await settled();
  assert.deepEqual(one.payloads.get("job"), new Uint8Array(Float32Array.of(5, 6, 7).buffer));
  const { job, run } = one.messages("job")[0]!;
  one.send({ type: "job_result", run, job }, new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer));
  assert.deepEqual(await asked, Float32Array.of(1, 2, 3, 4));
  await fleet.finish("test over");
});

Deno.test("Ctrl-C without workers ends a waiting round; with workers the round goes on until they are gone", async () => {
  const { fleet, join } = await open();
  const one = await join("one");
  const round = fleet.round(REQUEST);
  await settled();
  fleet.abandonIdle(new Error("interrupted"));
  let ended = false;
  round.catch(() => ended = true);
  await settled();
  assert.equal(ended, false);
  await one.die();
  assert.equal(ended, true);
  // The next round of the step, which nobody is there to compute.
  await assert.rejects(fleet.round(REQUEST), /interrupted/);
  await fleet.finish("test over");
});

Deno.test("a worker that chatters is thrown out, its host is kept out for a minute, and the run goes on", async () => {
  const { clock, told, fleet, join } = await open();
  const [good, chatty] = [await join("good"), await join("chatty")];
  const round = fleet.round(REQUEST);
  await settled();
  for (let i = 0; i < 10_000; i++) chatty.send({ type: "shard_held", run: "run-1", shard: i % 4 });
  await settled();
  assert.ok(
    told.some((line) => line.startsWith("chatty left: Too many messages from worker 2: it sent many more")),
    told.join("\n"),
  );
  while (good.work.length > 0) await good.answer(values(1));
  await round;
  await assert.rejects(join("chatty"));
  assert.equal(told.at(-1), "chatty refused: Its host flooded the run and is refused for a minute");
  await clock.advance(60_000);
  assert.equal((await join("chatty")).closed, null);
  assert.equal(good.closed, null);
});

Deno.test("a worker that answers all it is asked, and holds every shard, is never taken for a flood", async () => {
  const { clock, fleet, join } = await open();
  const held = Array.from({ length: 4 }, (_, shard) => shard);
  const [one, two] = [await join("one", { held }), await join("two", { held })];
  for (let step = 1; step <= 400; step++) {
    const round = fleet.round({ ...REQUEST, step });
    await Promise.resolve();
    while (one.work.length + two.work.length > 0) {
      for (const worker of [one, two]) if (worker.work.length > 0) await worker.answer(values(1));
    }
    await round;
    if (step % 100 === 0) await clock.advance(5_000);
  }
  assert.deepEqual([one.closed, two.closed], [null, null]);
});

Deno.test("frames may be as large as what was asked for", async () => {
  const { fleet, join } = await open();
  const worker = await join("worker");
  const before = worker.may_send_bytes!;
  assert.ok(before < 80_000, `${before}`);
  const request = {
    kind: "sample",
    count: 50_000,
    noise_counter: 0,
    weights: values(1),
    input: values(1),
  } as const;
  void fleet.jobs.ask(request, fleet.members);
  assert.equal(worker.may_send_bytes, before - 4 * RESULT_SIZE + 4 * 2 * 50_000);
});
