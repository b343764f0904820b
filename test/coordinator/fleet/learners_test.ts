/** Rounds of learners through the fleet: who is asked for what, and which results are believed. */
import assert from "node:assert/strict";
import { LearnerLayout } from "../../../algorithm/learner_layout.ts";
import type { LocalSteps } from "../../../algorithm/local_steps.ts";
import { RMSPROP } from "../../../algorithm/optimizers.ts";
import { BadResult } from "../../../coordinator/fleet/judge.ts";
import { settled } from "../../wire/fake_clock.ts";
import { MANIFEST, open, outcome, REQUEST } from "./fleet_scene.ts";

/** Rounds of 3 critic steps; an epoch is 2 steps, and a generator step follows every second one. */
const LOCAL: LocalSteps = {
  ...{ learners: 2, steps: 3, epoch_steps: 2, clip: 0.01, optimizer: RMSPROP },
  ...{ schedule: "paper", n_critic: 2, warm_up: false, lr: 0.1, decay_steps: 0 },
  ...{ lr_critic: null, lr_generator: null, decay: "linear", clip_grad_norm: null },
};
const LAYOUT = new LearnerLayout(MANIFEST, "rmsprop", LOCAL.steps);
const ROUND = { ...REQUEST, next_noise_counter: null };

const result = (n: number) => new Float32Array(LAYOUT.size).fill(n);

function spoilt(place: number, value: number): Float32Array<ArrayBuffer> {
  const values = result(1);
  values[place] = value;
  return values;
}

Deno.test("each learner is asked for as a whole, with the examples of all steps of its round", async () => {
  const { fleet, join } = await open({ local: LOCAL });
  const one = await join("one", { held: [1] });
  const round = fleet.round(ROUND);
  await settled();
  assert.deepEqual(one.nodes, ["0-2", "2-4"]);
  assert.deepEqual(one.work.map(({ inline }) => inline), [[0], [2, 3]]);
  // Two examples of two bytes a step.
  assert.equal(one.payloads.get("work")!.length, 2 * 3 * 2 * 2);
  await one.answer(result(20));
  await one.answer(result(10));
  assert.deepEqual(await outcome(round), ["0-2: 20", "2-4: 10"]);
  const { shares } = await round;
  // Three critic steps and a generator step, of two shards each.
  assert.deepEqual([...shares].map(([worker, { shards }]) => [worker, shards]), [[1, 16]]);
  await fleet.finish("test over");
});

Deno.test("examples come shard by shard, each shard's in the order of its steps", async () => {
  const { fleet, join } = await open({ local: { ...LOCAL, learners: 4 } });
  const one = await join("one");
  fleet.round(ROUND).catch(() => {});
  await settled();
  assert.deepEqual(one.nodes, ["0-1", "1-2", "2-3", "3-4"]);
  const payload = one.payloads.get("work")!;
  // Four examples are an epoch of two steps; the third step begins the next epoch.
  const pairs = Array.from({ length: payload.length / 2 }, (_, i) => payload.slice(2 * i, 2 * i + 2).join());
  assert.equal(new Set(pairs.slice(0, 4)).size, 4);
  assert.equal(new Set(pairs).size, 4);
  await fleet.finish("test over");
});

Deno.test("the learners of a worker that dies go to the others, as a whole", async () => {
  const { fleet, join } = await open({ local: LOCAL });
  const [one, two] = [await join("one"), await join("two")];
  const round = fleet.round(ROUND);
  await settled();
  assert.deepEqual([one.nodes, two.nodes], [["0-2"], ["2-4"]]);
  await two.answer(result(2));
  await one.die();
  assert.deepEqual(two.nodes, ["0-2"]);
  await two.answer(result(1));
  assert.deepEqual(await outcome(round), ["0-2: 1", "2-4: 2"]);
  await fleet.finish("test over");
});

const FLAWS: Readonly<Record<string, readonly [Float32Array<ArrayBuffer>, string]>> = {
  "a step that could not be taken": [
    spoilt(LAYOUT.placeOf(1, "loss_critic"), NaN),
    "Its losses and gradients must be finite, found NaN in local step 2",
  ],
  "a weight": [spoilt(1, Infinity), "Its state must be finite, found Infinity in critic.0.weight"],
  "a huge weight": [
    spoilt(4, 2 ** 63),
    "Its state must be below 2^63 in magnitude, found 9223372036854776000 in generator.0.weight",
  ],
  "a mean of squares": [
    spoilt(2, -1),
    "Its state must be 0 or more, found -1 in square_average of critic.0.weight",
  ],
  "a variance": [spoilt(8, -0.5), "Its state must be 0 or more, found -0.5 in generator.2.running_var"],
};

for (const [what, [bad, reason]] of Object.entries(FLAWS)) {
  Deno.test(`a learner's result with a bad number is computed again, and believed the second time: ${what}`, async () => {
    const { fleet, join, told } = await open({ local: LOCAL });
    const [one, two] = [await join("one"), await join("two")];
    const round = fleet.round(ROUND);
    const rejected = assert.rejects(round, (error: unknown) => {
      assert.ok(error instanceof BadResult);
      assert.equal(error.message, `Shards 0 to 1 have no good result. ${reason}`);
      return true;
    });
    await settled();
    await one.answer(bad);
    assert.deepEqual(two.nodes, ["2-4", "0-2"]);
    assert.equal(told.at(-1), "bad result: did not take shards 0 to 1, and asked worker 2 for them");
    await two.answer(result(1));
    await two.answer(bad);
    await rejected;
    await fleet.finish("test over");
  });
}

Deno.test("a good result of the same learner sends the worker away whose result was bad", async () => {
  const { fleet, join } = await open({ local: LOCAL });
  const [one, two] = [await join("one"), await join("two")];
  const round = fleet.round(ROUND);
  await settled();
  await one.answer(spoilt(0, NaN));
  await two.answer(result(2));
  await two.answer(result(1));
  assert.deepEqual(await outcome(round), ["0-2: 1", "2-4: 2"]);
  assert.deepEqual(one.messages("refuse").map(({ code }) => code), ["wrong_result"]);
  await fleet.finish("test over");
});

Deno.test("a result of another length is refused", async () => {
  const { fleet, join } = await open({ local: LOCAL });
  const one = await join("one");
  fleet.round(ROUND).catch(() => {});
  await settled();
  await one.answer(new Float32Array(LAYOUT.size - 1));
  assert.deepEqual(one.messages("refuse").map(({ code }) => code), ["bad_message"]);
  assert.equal(one.may_send_bytes! >= 4 * LAYOUT.size, true);
  await fleet.finish("test over");
});

Deno.test("a first round may take as long as the worker's probe says, and eight times that", async () => {
  const { fleet, join } = await open({ local: LOCAL });
  // Of all steps of the round, a shard: the learner has two.
  await join("slow", { shard_ms: 10_000 });
  fleet.round(ROUND).catch(() => {});
  await settled();
  const [member] = fleet.members;
  assert.equal(member!.record.late_ms, 8 * 2 * 10_000);
  await fleet.finish("test over");
});
