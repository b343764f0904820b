import assert from "node:assert/strict";
import { innerSteps, type LocalSteps } from "../../algorithm/local_steps.ts";
import { RMSPROP } from "../../algorithm/optimizers.ts";
import { generatorDue, generatorStepsUntil } from "../../algorithm/schedule.ts";

const EPOCH_STEPS = 7;
const SETTINGS: LocalSteps = {
  ...{ learners: 2, steps: 6, epoch_steps: EPOCH_STEPS, clip: 0.01, optimizer: RMSPROP },
  ...{ schedule: "paper", n_critic: 4, warm_up: false, lr: 0.1, decay_steps: 0 },
  ...{ lr_critic: null, lr_generator: null, decay: "linear", clip_grad_norm: null },
};
const SCHEDULES = {
  "paper": SETTINGS,
  "n_critic 1": { ...SETTINGS, n_critic: 1 },
  "warm-up": { ...SETTINGS, warm_up: true },
  "post": { ...SETTINGS, schedule: "post" },
  "post, every epoch's first": { ...SETTINGS, schedule: "post", n_critic: 9 },
} as const satisfies Record<string, LocalSteps>;

for (const [name, settings] of Object.entries(SCHEDULES)) {
  Deno.test(`generator steps up to any step, counted one by one: ${name}`, () => {
    let count = 0;
    for (let step = 1; step <= 6000; step++) {
      const batch = (step - 1) % EPOCH_STEPS;
      if (generatorDue(settings, { step, batch, generator_step: count })) count++;
      assert.equal(generatorStepsUntil(settings, step, EPOCH_STEPS), count, `step ${step}`);
    }
    assert.equal(generatorStepsUntil(settings, 0, EPOCH_STEPS), 0);
  });
}

Deno.test("a round's steps go on where those before it ended, through the end of an epoch", () => {
  const third = innerSteps({ ...SETTINGS, decay_steps: 20 }, 13);
  assert.deepEqual(third.map(({ step }) => step), [13, 14, 15, 16, 17, 18]);
  assert.deepEqual(third.map(({ epoch, batch }) => [epoch, batch]), [
    ...[[1, 5], [1, 6]],
    ...[[2, 0], [2, 1], [2, 2], [2, 3]],
  ]);
  assert.deepEqual(third.map(({ generator }) => generator), [
    ...[null, null, null],
    { update: 4, lr: third[3]!.lr, noise_purpose: "generator_noise", noise_counter: 4 },
    ...[null, null],
  ]);
  // 0.1 at the first step of the run, 0 after the 20th.
  third.forEach(({ lr }, i) => assert.ok(Math.abs(lr - 0.1 * (1 - (12 + i) / 20)) < 1e-15, `${lr}`));
});

Deno.test("schedule post: a generator step takes the noise of the critic step that it follows", () => {
  const steps = innerSteps({ ...SETTINGS, schedule: "post" }, 1);
  assert.deepEqual(steps.map(({ generator }) => generator && [generator.update, generator.noise_counter]), [
    [1, 1],
    ...[null, null, null],
    [2, 5],
    null,
  ]);
  assert.equal(steps[0]!.generator!.noise_purpose, "critic_noise");
});
