/** What the coordinator believes of what workers send: results, times, numeric classes. */
import assert from "node:assert/strict";
import { BadResult } from "../../../coordinator/fleet/judge.ts";
import { checksumBytes } from "../../../kernels/kernels.ts";
import { bytesOf } from "../../../wire/frame.ts";
import type { MessageOf } from "../../../wire/messages.ts";
import { settled } from "../../wire/fake_clock.ts";
import { open, outcome, REQUEST, values } from "./fleet_scene.ts";

/** A good result with one number changed. */
function spoilt(index: number, value: number): Float32Array<ArrayBuffer> {
  const result = values(1);
  result[index] = value;
  return result;
}

const GENERATOR = { ...REQUEST, kind: "generator", noise_purpose: "generator_noise" } as const;

/** A scene in which results of class "a" have counted. */
async function trained() {
  const scene = await open();
  const one = await scene.join("one");
  const round = scene.fleet.round(REQUEST);
  await settled();
  await one.answer(values(1));
  await round;
  return { ...scene, one };
}

Deno.test("a result with one word damaged on the wire is refused, its node computed by another worker", async () => {
  const { fleet, join, told } = await open();
  const [one, two] = [await join("one"), await join("two")];
  const round = fleet.round(REQUEST);
  await settled();
  // Finite, and next to what its worker sent.
  await one.answer(spoilt(0, 1 + 2 ** -23), { checksum: checksumBytes(bytesOf(values(1))) });
  assert.deepEqual(one.messages("refuse").map(({ code }) => code), ["hash_mismatch"]);
  assert.notEqual(one.closed, null);
  assert.deepEqual(two.nodes, ["2-4", "0-2"]);
  assert.deepEqual(told.slice(2, 3), [
    "damaged result: closed its connection; its shards go to others, and it may join again",
  ]);
  await two.answer(values(2));
  await two.answer(values(20));
  assert.deepEqual(await outcome(round), ["0-2: 20", "2-4: 2"]);
  await fleet.finish("test over");
});

for (
  const changed of [{ epoch: 1 }, { batch: 3 }, { noise_purpose: "generator_noise" }, {
    noise_counter: 2,
  }] as const
) {
  Deno.test(`a result of work whose ${Object.keys(changed)} was damaged on the way is refused and computed again`, async () => {
    const { fleet, join } = await open();
    const [one, two] = [await join("one"), await join("two")];
    const round = fleet.round(REQUEST);
    await settled();
    await one.answer(values(1), changed);
    assert.deepEqual(one.messages("refuse").map(({ code }) => code), ["hash_mismatch"]);
    assert.deepEqual(two.nodes, ["2-4", "0-2"]);
    await two.answer(values(2));
    await two.answer(values(20));
    assert.deepEqual(await outcome(round), ["0-2: 20", "2-4: 2"]);
    await fleet.finish("test over");
  });
}

Deno.test("examples go along with the checksum of their bytes", async () => {
  const { fleet, join } = await open();
  const one = await join("one", { held: [0, 1] });
  fleet.round(REQUEST).catch(() => {});
  await settled();
  assert.equal(one.work[0]!.checksum, checksumBytes(one.payloads.get("work")!));
  await fleet.finish("test over");
});

Deno.test("a result over the socket without a checksum is refused; one in shared memory needs none", async () => {
  const { fleet, join } = await open();
  const one = await join("one");
  fleet.round(REQUEST).catch(() => {});
  await settled();
  await one.answer(values(1), { checksum: null });
  assert.deepEqual(one.messages("refuse").map(({ code }) => code), ["hash_mismatch"]);
  await fleet.finish("test over");
});

for (
  const [what, request, index, value] of [
    ["a loss that is no number", REQUEST, 2, NaN],
    ["a gradient that is no number beside a good tail", REQUEST, 1, NaN],
    ["an infinite gradient", GENERATOR, 0, -Infinity],
    ["a gradient of 2^63, of which sums may not have squares", REQUEST, 1, -(2 ** 63)],
    ["a mean that overflows in the sum", GENERATOR, 3, 3e38],
    ["an infinite mean", REQUEST, 4, Infinity],
    ["batch statistics that are no numbers", GENERATOR, 4, NaN],
    ["a variance below 0", GENERATOR, 4, -1e-30],
  ] as const
) {
  Deno.test(`${what}: another worker is asked, and who was wrong has to go`, async () => {
    const { fleet, join, told, one } = await trained();
    const two = await join("two");
    const round = fleet.round({ ...request, step: 2 });
    await settled();
    await two.answer(values(2));
    await one.answer(spoilt(index, value));
    assert.deepEqual(two.nodes, ["0-2"], "asked for the bad node");
    assert.equal(one.closed, null, "it may have been right");
    await two.answer(values(20));
    assert.deepEqual(await outcome(round), ["0-2: 20", "2-4: 2"]);
    assert.deepEqual(one.messages("refuse").map(({ code, fatal }) => [code, fatal]), [[
      "wrong_result",
      false,
    ]]);
    assert.deepEqual(told.slice(2), [
      "bad result: did not take shards 0 to 1, and asked worker 2 for them",
      "wrong result: closed its connection; it may join again",
      told.at(-1)!,
    ]);
    assert.match(told.at(-1)!, /^one left: Results must be right: shards 0 to 1 of step 2 had/);
    await fleet.finish("test over");
  });
}

Deno.test("whoever sends results over the socket is not believed to have looked at them", async () => {
  const { fleet, join, one } = await trained();
  const two = await join("two");
  const round = fleet.round({ ...REQUEST, step: 2 });
  round.catch(() => {});
  await settled();
  await one.answer(spoilt(0, NaN), { largest: 1 });
  assert.deepEqual(two.nodes, ["2-4", "0-2"]);
  await fleet.finish("test over");
});

Deno.test("a worker comes back after its first wrong result, and must go for good at the second, others not", async () => {
  const { fleet, join } = await open();
  const fatal: string[] = [];
  for (const [step, name] of ["first", "second", "first"].entries()) {
    const [wrong, right] = [await join(name), await join("right")];
    const round = fleet.round({ ...REQUEST, step });
    await settled();
    await wrong.answer(spoilt(0, NaN));
    while (right.nodes.length > 0) await right.answer(values(1));
    await round;
    fatal.push(...wrong.messages("refuse").map((refusal) => `${name} ${refusal.fatal}`));
    await right.die();
  }
  assert.deepEqual(fatal, ["first false", "second false", "first true"]);
  await fleet.finish("test over");
});

Deno.test("two workers with the same bad bits are right: the training has left the numbers", async () => {
  const { fleet, join, told, one } = await trained();
  const two = await join("two");
  const round = fleet.round({ ...REQUEST, step: 2 });
  await settled();
  await one.answer(spoilt(2, NaN));
  await two.answer(values(2));
  assert.deepEqual(two.nodes, ["0-2"]);
  const failed = assert.rejects(round, (error: unknown) => {
    assert.ok(error instanceof BadResult);
    assert.deepEqual(error.node, { begin: 0, end: 2 });
    assert.deepEqual(error.flaw, { part: "loss", required: "finite", found: NaN, tensor: "loss" });
    return true;
  });
  await two.answer(spoilt(2, NaN));
  await failed;
  assert.equal(told.filter((line) => line.startsWith("bad result")).length, 1);
  assert.deepEqual([one.closed, two.closed], [null, null]);
  await fleet.finish("test over");
});

Deno.test("two workers with the same bad bits are one liar where a third computes the node right: both have to go", async () => {
  const { fleet, join, one } = await trained();
  const [two, three] = [await join("two"), await join("three")];
  const round = fleet.round({ ...REQUEST, step: 2 });
  await settled();
  await one.answer(spoilt(2, NaN));
  await three.answer(values(3));
  // It is asked for the node of the first, too, or has to be: it is the only one that is idle.
  while (two.nodes.length > 0) {
    const [{ begin }] = two.work as [MessageOf<"work">];
    await two.answer(begin === 0 ? spoilt(2, NaN) : values(2));
  }
  while (three.nodes.length > 0) await three.answer(values(3));
  assert.match((await outcome(round)).join(), /^0-\d: 3/);
  for (const liar of [one, two]) {
    assert.deepEqual(liar.messages("refuse").map(({ code }) => code), ["wrong_result"]);
  }
  assert.equal(three.closed, null);
  await fleet.finish("test over");
});

Deno.test("the largest number below 2^63 counts like any other", async () => {
  const { fleet, one } = await trained();
  const largest = 2 ** 63 - 2 ** 39;
  const round = fleet.round({ ...REQUEST, step: 2 });
  await settled();
  await one.answer(spoilt(1, -largest));
  assert.equal((await round).results[0]!.values[1], -largest);
  await fleet.finish("test over");
});

Deno.test("a worker alone is asked twice; the same bits end the run, a good result does not", async () => {
  for (const second of [spoilt(2, Infinity), values(7)]) {
    const { fleet, one } = await trained();
    const round = fleet.round({ ...REQUEST, step: 2 });
    const ended = round.then(() => "good", ({ name }) => name);
    await settled();
    await one.answer(spoilt(2, Infinity));
    assert.deepEqual(one.nodes, ["0-4"]);
    await one.answer(second);
    assert.equal(await ended, second[2] === 7 ? "good" : "BadResult");
    assert.equal(one.closed, null);
    await fleet.finish("test over");
  }
});

Deno.test("bad results of other bits each time end the run, too, and not before the third", async () => {
  const { fleet, join, one } = await trained();
  const others = [await join("two"), await join("three")];
  const round = fleet.round({ ...REQUEST, step: 2 });
  const ended = round.then(() => "good", ({ name }) => name);
  await settled();
  await one.answer(spoilt(2, NaN));
  for (const other of others) await other.answer(values(1));
  for (const index of [3, 4]) {
    const asked = others.find(({ nodes }) => nodes.length > 0)!;
    await asked.answer(spoilt(index, NaN));
  }
  assert.equal(await ended, "BadResult");
  await fleet.finish("test over");
});

Deno.test("a worker that is asked for a bad node and dies: the node goes on to the others", async () => {
  const { fleet, join, one } = await trained();
  const two = await join("two");
  const round = fleet.round({ ...REQUEST, step: 2 });
  await settled();
  await one.answer(spoilt(2, NaN));
  await two.die();
  assert.deepEqual(one.nodes, ["0-4"]);
  await one.answer(values(3));
  assert.deepEqual(await outcome(round), ["0-4: 3"]);
  await fleet.finish("test over");
});

Deno.test("times that a worker claims count no further than the coordinator's clock says", async () => {
  const { fleet, clock, one } = await trained();
  const round = fleet.round({ ...REQUEST, step: 2 });
  await settled();
  await clock.advance(40);
  await one.answer(values(1), { compute_ms: 9e8, elapsed_ms: 9e8 });
  const [share] = (await round).shares.values();
  assert.deepEqual(share, { shards: 4, compute_ms: 40, elapsed_ms: 40, answered_ms: 40 });
  await fleet.finish("test over");
});

Deno.test("a time that cannot be written to the log, or that nobody measured, is a bad message", async () => {
  const { fleet, one } = await trained();
  fleet.round({ ...REQUEST, step: 2 }).catch(() => {});
  await settled();
  for (const claim of [1e308, Infinity, NaN, -1]) {
    one.work.splice(0, one.work.length, one.messages("work").at(-1)!);
    await one.answer(values(1), { compute_ms: claim });
    assert.deepEqual(one.messages("refuse").at(-1)!.code, "bad_message", `${claim}`);
  }
  await fleet.finish("test over");
});

Deno.test("a numeric class counts from its first result that was taken: who computed nothing keeps nobody out", async () => {
  const { fleet, join } = await open();
  const liar = await join("liar", { numeric_class: "b".repeat(64) });
  assert.deepEqual([...fleet.classes], []);
  await liar.die();
  const honest = await join("honest");
  const round = fleet.round(REQUEST);
  await settled();
  await honest.answer(values(1));
  assert.deepEqual(await outcome(round), ["0-4: 1"]);
  assert.deepEqual([...fleet.classes], ["a".repeat(64)]);
  await fleet.finish("test over");
});

Deno.test("the first result that is taken settles the class; workers of others have to go, with what they were asked", async () => {
  const { fleet, join, told } = await open();
  const liar = await join("liar", { numeric_class: "b".repeat(64) });
  const honest = await join("honest");
  assert.equal(fleet.members.length, 2);
  const round = fleet.round(REQUEST);
  await settled();
  await liar.answer(spoilt(0, NaN));
  assert.deepEqual([...fleet.classes], []);
  await honest.answer(values(3));
  assert.deepEqual([...fleet.classes], ["a".repeat(64)]);
  assert.deepEqual(liar.messages("refuse").map(({ code, fatal }) => [code, fatal]), [[
    "numeric_class",
    true,
  ]]);
  await honest.answer(values(4));
  assert.deepEqual(await outcome(round), ["0-2: 4", "2-4: 3"]);
  assert.ok(!told.some((line) => line.startsWith("worker lost")), told.join("\n"));
  await fleet.finish("test over");
});

Deno.test("with other classes allowed, each that has counted is noted, and no other", async () => {
  const { fleet, join } = await open({ exact: false });
  const [one] = [await join("one"), await join("idle", { numeric_class: "c".repeat(64), shard_ms: 1e6 })];
  await join("two", { numeric_class: "b".repeat(64) });
  const round = fleet.round(REQUEST);
  await settled();
  await one.answer(values(1));
  assert.deepEqual([...fleet.classes], ["a".repeat(64)]);
  round.catch(() => {});
  await fleet.finish("test over");
});

Deno.test("an answer to a job that holds no numbers is no picture", async () => {
  const { fleet, told, one } = await trained();
  const nothing = new Float32Array(0);
  const request = { kind: "sample", count: 2, noise_counter: 0, weights: nothing, input: nothing } as const;
  const asked = fleet.jobs.ask(request, fleet.members);
  await settled();
  const { job, run } = one.messages("job")[0]!;
  one.send({ type: "job_result", run, job }, new Uint8Array(Float32Array.of(1, 2, NaN, 4).buffer));
  assert.equal(await asked, null);
  assert.equal(told.at(-1), "job failed (drawing 2 samples): left it out");
  await fleet.finish("test over");
});
