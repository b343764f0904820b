/** Workers that die, leave or refuse work in the middle of a round. */
import assert from "node:assert/strict";
import { UserError } from "../../../common/errors.ts";
import { settled } from "../../wire/fake_clock.ts";
import { open, outcome, REQUEST, values } from "./fleet_scene.ts";

Deno.test("a death in mid-step gives its nodes to the others, and its own answers stay counted", async () => {
  const { fleet, join, told } = await open();
  const [one, two, three] = [await join("one"), await join("two"), await join("three")];
  const round = fleet.round(REQUEST);
  await settled();
  assert.deepEqual([one.nodes, two.nodes, three.nodes], [["0-2"], ["2-3"], ["3-4"]]);
  await three.answer(values(3));
  await one.die();
  assert.deepEqual([two.nodes, three.nodes], [["2-3", "1-2"], ["0-1"]].map((nodes) => nodes));
  await two.answer(values(2));
  await two.answer(values(21));
  await three.answer(values(30));
  assert.deepEqual(await outcome(round), ["0-1: 30", "1-2: 21", "2-3: 2", "3-4: 3"]);
  assert.ok(told.includes("worker lost in mid-step: gave its open shards of step 1 to worker 3, 2"));
  await fleet.finish("test over");
});

Deno.test("who says goodbye in mid-step leaves its nodes to the others without a fault", async () => {
  const { fleet, join, told } = await open();
  const [one, two] = [await join("one"), await join("two")];
  const round = fleet.round(REQUEST);
  await settled();
  one.send({ type: "leave", reason: "Stopped by its user" });
  await settled();
  assert.deepEqual(told, [
    "one joined",
    "two joined",
    "one left: Stopped by its user; its work goes to the others",
  ]);
  assert.deepEqual(two.nodes, ["2-4", "0-2"]);
  await two.answer(values(2));
  await two.answer(values(20));
  assert.deepEqual(await outcome(round), ["0-2: 20", "2-4: 2"]);
  await fleet.finish("test over");
});

Deno.test("who cannot go on in mid-step is one fault, not two", async () => {
  const { fleet, join, told } = await open();
  const [one, two] = [await join("one"), await join("two")];
  const round = fleet.round(REQUEST);
  await settled();
  one.send({ type: "refuse", code: "compute_failed", reason: "thread failed", fatal: false, job: null });
  await settled();
  assert.deepEqual(told.slice(2), [
    "compute failed: closed its connection; its shards go to others, and it may join again",
    "one left: It refused its work: thread failed; its work goes to the others",
  ]);
  assert.deepEqual(two.nodes, ["2-4", "0-2"]);
  await two.answer(values(2));
  await two.answer(values(20));
  assert.deepEqual(await outcome(round), ["0-2: 20", "2-4: 2"]);
  await fleet.finish("test over");
});

Deno.test("an error that every worker gives ends the round with it, and with it the run", async () => {
  const { fleet, join } = await open();
  const refuse = async (worker: Awaited<ReturnType<typeof join>>, reason: string) => {
    worker.send({ type: "refuse", code: "compute_failed", reason, fatal: false, job: null });
    await settled();
  };
  const [one, two] = [await join("one"), await join("two")];
  const round = fleet.round(REQUEST);
  const ended = assert.rejects(
    round,
    (error) =>
      error instanceof UserError &&
      /^Cannot finish critic step 1: every connected worker refused it \(4 times, same error: Shard 3 must have 8 bytes\)\. Fix that, /
        .test(
          error.message,
        ),
  );
  await settled();
  await refuse(one, "Shard 0 must have 8 bytes");
  const three = await join("one");
  await refuse(three, "Shard 1 must have 8 bytes");
  const four = await join("one");
  // Often enough, but the other one may yet be able to.
  await refuse(four, "Shard 2 must have 8 bytes");
  assert.deepEqual(fleet.asked.map(({ worker }) => worker), [2, 2]);
  await refuse(two, "Shard 3 must have 8 bytes");
  await ended;
  assert.deepEqual(fleet.asked, []);
  await fleet.finish("test over");
});

Deno.test(
  "different errors of all workers end the round, too, and list the errors; not while one has had few " +
    "chances",
  async () => {
    const { fleet, join } = await open();
    let two = await join("two");
    const round = fleet.round(REQUEST);
    const ended = assert.rejects(round, (error) => {
      assert.ok(error instanceof UserError);
      const [, errors] = / \(8 times, 8 different errors: (.*)\)\. Fix these, then continue/.exec(
        error.message,
      )!;
      assert.equal(
        errors,
        "one cannot: a (1 times); one cannot: b (1 times); one cannot: c (1 times); one cannot: d (1 times); " +
          "one cannot: e (1 times); 3 more",
      );
      return true;
    });
    await settled();
    const refuse = async (worker: typeof two, error: string) => {
      const reason = `${worker.name} cannot: ${error}`;
      worker.send({ type: "refuse", code: "compute_failed", reason, fatal: false, job: null });
      await settled();
    };
    for (const error of "abcde") await refuse(await join("one"), error);
    for (const error of "fgh") {
      await refuse(two, error);
      if (error !== "h") two = await join("two");
    }
    await ended;
    await fleet.finish("test over");
  },
);

Deno.test("refusals with other errors, in other rounds, or of one worker among several, end nothing", async () => {
  const { fleet, join } = await open();
  const able = await join("able");
  for (const step of [1, 2, 3, 4]) {
    const round = fleet.round({ ...REQUEST, step });
    await settled();
    while (able.nodes.length > 0) await able.answer(values(step));
    const unable = await join("unable");
    const again = fleet.round({ ...REQUEST, step });
    await settled();
    unable.send({ type: "refuse", code: "compute_failed", reason: "thread failed", fatal: false, job: null });
    await settled();
    while (able.nodes.length > 0) await able.answer(values(step));
    for (const done of [round, again]) assert.equal((await done).results[0]!.values[0], step);
  }
  await able.die();
  const round = fleet.round({ ...REQUEST, step: 5 });
  await settled();
  for (const reason of ["out of memory", "no device", "no driver", "out of memory", "no device"]) {
    const unable = await join("unable");
    unable.send({ type: "refuse", code: "compute_failed", reason, fatal: false, job: null });
    await settled();
  }
  const last = await join("unable");
  while (last.nodes.length > 0) await last.answer(values(5));
  assert.deepEqual(await outcome(round), ["0-4: 5"]);
  await fleet.finish("test over");
});

Deno.test("with nobody left a round waits, and the next worker takes all that is missing", async () => {
  const { fleet, join } = await open();
  const one = await join("one");
  const round = fleet.round(REQUEST);
  await settled();
  await one.die();
  const two = await join("two");
  assert.deepEqual(two.nodes, ["0-4"]);
  await two.answer(values(2));
  assert.deepEqual(await outcome(round), ["0-4: 2"]);
  await fleet.finish("test over");
});
