import assert from "node:assert/strict";
import { generatorDue, learningRate } from "../../algorithm/schedule.ts";

/** Critic steps that a generator step follows, in epochs of 7 steps. */
function dueSteps(config: Parameters<typeof generatorDue>[0], num_steps: number): number[] {
  const due: number[] = [];
  for (let step = 1; step <= num_steps; step++) {
    if (generatorDue(config, { step, batch: (step - 1) % 7, generator_step: due.length })) due.push(step);
  }
  return due;
}

Deno.test("paper schedule: a generator step after every n_critic-th step of the run", () => {
  assert.deepEqual(dueSteps({ schedule: "paper", n_critic: 5, warm_up: false }, 12), [5, 10]);
});

Deno.test("warm-up: 100 critic steps for the first 25 generator steps and every 500th, as the authors' loop has it", () => {
  const expected: number[] = [];
  for (let generator_step = 0, step = 0; expected.length < 1010; generator_step++) {
    step += generator_step < 25 || generator_step % 500 === 0 ? 100 : 5;
    expected.push(step);
  }
  const due = dueSteps({ schedule: "paper", n_critic: 5, warm_up: true }, expected.at(-1)!);
  assert.deepEqual(due, expected);
});

Deno.test("post schedule: a generator step when the index within the epoch is a multiple of n_critic", () => {
  const due = dueSteps({ schedule: "post", n_critic: 5, warm_up: false }, 14);
  assert.deepEqual(due, [1, 6, 8, 13], "batches 0 and 5 of epochs of 7 steps");
});

Deno.test("learning rate stays without decay and falls linearly to 0 with it", () => {
  assert.equal(learningRate({ lr: 0.5, decay_steps: 0 }, "critic", 1_000_000), 0.5);
  const config = { lr: 0.5, decay_steps: 4 };
  assert.deepEqual([1, 2, 3, 4, 5, 9].map((step) => learningRate(config, "critic", step)), [
    0.5,
    0.375,
    0.25,
    0.125,
    0,
    0,
  ]);
});

Deno.test("each network may have a learning rate of its own; both fall alike", () => {
  const config = { lr: 0.5, lr_critic: 0.25, lr_generator: null, decay_steps: 4 };
  assert.deepEqual([1, 3].map((step) => learningRate(config, "critic", step)), [0.25, 0.125]);
  assert.deepEqual([1, 3].map((step) => learningRate(config, "generator", step)), [0.5, 0.25]);
  assert.equal(learningRate({ ...config, lr_generator: 0.1 }, "generator", 1), 0.1);
});
