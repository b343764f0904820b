import assert from "node:assert/strict";
import { generatorDue, learningRate } from "../../coordinator/schedule.ts";

Deno.test("paper schedule: a generator step after every n_critic-th step of the run", () => {
  const config = { schedule: "paper", n_critic: 5 } as const;
  const due = Array.from({ length: 12 }, (_, i) => i + 1).filter((step) =>
    generatorDue(config, step, (step - 1) % 7)
  );
  assert.deepEqual(due, [5, 10]);
});

Deno.test("post schedule: a generator step when the index within the epoch is a multiple of n_critic", () => {
  const config = { schedule: "post", n_critic: 5 } as const;
  const due = Array.from({ length: 14 }, (_, i) => i + 1).filter((step) =>
    generatorDue(config, step, (step - 1) % 7)
  );
  assert.deepEqual(due, [1, 6, 8, 13], "batches 0 and 5 of epochs of 7 steps");
});

Deno.test("learning rate stays without decay and falls linearly to 0 with it", () => {
  assert.equal(learningRate({ lr: 0.5, decay_steps: 0 }, 1_000_000), 0.5);
  const config = { lr: 0.5, decay_steps: 4 };
  assert.deepEqual([1, 2, 3, 4, 5, 9].map((step) => learningRate(config, step)), [
    0.5,
    0.375,
    0.25,
    0.125,
    0,
    0,
  ]);
});
