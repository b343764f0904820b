import assert from "node:assert/strict";
import { UserError } from "../../../common/errors.ts";
import { type GivenConfig, resolveConfig, wholeConfig } from "../../../coordinator/config/config.ts";
import { resumeConfig } from "../../../coordinator/config/resume_config.ts";
import {
  checkRoundBytes,
  checkRounds,
  localStepsOf,
  wholeRounds,
} from "../../../coordinator/config/local_config.ts";

const IMAGES = { example_shape: [1, 28, 28] };

function local(given: GivenConfig) {
  const { local_steps, learners, outer_lr, outer_momentum } = resolveConfig(given, "wgan", IMAGES);
  return [local_steps, learners, outer_lr, outer_momentum];
}

Deno.test("local steps are set with the run, averaging is plain unless told otherwise", () => {
  assert.deepEqual(local({}), [null, null, null, null]);
  assert.deepEqual(local({ local_steps: 25, learners: 4 }), [25, 4, 1, 0]);
  const outer = { outer_lr: 0.7, outer_momentum: 0.9 };
  assert.deepEqual(local({ local_steps: 1, learners: 1, ...outer }), [1, 1, 0.7, 0.9]);
  assert.deepEqual(local({ local_steps: 5, learners: 16, shards: 32, batch: 64 }), [5, 16, 1, 0]);
});

const REFUSED: Readonly<Record<string, readonly [GivenConfig, string]>> = {
  "learners alone": [
    { learners: 4 },
    "Cannot use --learners 4: it says how the learners of local steps are averaged, and --local-steps is missing; give " +
    "it, or leave --learners out",
  ],
  "an outer step alone": [
    { outer_momentum: 0.9 },
    "Cannot use --outer-momentum 0.9: it says how the learners of local steps are averaged, and --local-steps is " +
    "missing; give it, or leave --outer-momentum out",
  ],
  "no learners": [
    { local_steps: 25 },
    "Cannot make local steps: --local-steps 25 requires --learners, a power of two that divides --shards 4, found none; " +
    "take 1 or 2 or 4",
  ],
  "learners that do not divide the shards": [
    { local_steps: 25, learners: 3 },
    "Cannot train 3 learners: --learners must be a power of two that divides --shards 4 into equal powers of two, found " +
    "3; take 1 or 2 or 4",
  ],
  "more learners than shards": [
    { local_steps: 25, learners: 8 },
    "Cannot train 8 learners: --learners must be a power of two that divides --shards 4 into equal powers of two, found " +
    "8; take 1 or 2 or 4",
  ],
  "shards that are no power of two": [
    { local_steps: 25, learners: 4, shards: 12, batch: 24 },
    "Cannot train 4 learners: --learners must be a power of two that divides --shards 12 into equal powers of two, " +
    "found 4; take a power of two for --shards",
  ],
  "rounded sums": [
    { local_steps: 25, learners: 4, wire: "int8" },
    "Cannot make local steps with --wire int8: learners exchange states instead of gradients, and --wire must be " +
    "float32; leave one of them out",
  ],
  "n_critic that follows the estimate": [
    { local_steps: 25, learners: 4, auto_critic: true },
    "Cannot make local steps with --adaptive-n-critic: it decides after every step from the scores of all " +
    "shards, which are known only at the end of a round; leave one of them out",
  ],
};

for (const [what, [given, message]] of Object.entries(REFUSED)) {
  Deno.test(`local steps refused: ${what}`, () => {
    assert.throws(() => local(given), { name: UserError.name, message });
  });
}

Deno.test("a run of local steps has whole rounds", () => {
  const run = resolveConfig({ local_steps: 30, learners: 2, steps: 90 }, "wgan", IMAGES);
  checkRounds(run);
  checkRounds(resolveConfig({ steps: 91 }, "wgan", IMAGES));
  const message =
    "Cannot train 91 steps in rounds of 30: --steps must be a multiple of --local-steps 30, found 91; take " +
    "--steps 90 or 120";
  assert.throws(() => checkRounds({ ...run, steps: 91 }), { name: UserError.name, message });
  assert.throws(() => checkRounds({ ...run, steps: 7 }), /; take --steps 30$/);
  assert.deepEqual([1, 30, 59, 60].map((steps) => wholeRounds(steps, run)), [30, 30, 30, 60]);
  assert.equal(wholeRounds(59, { local_steps: null }), 59);
});

Deno.test("a learner's examples of a round fit into one message", () => {
  const run = resolveConfig({ local_steps: 400, learners: 4, batch: 64 }, "wgan", IMAGES);
  // 400 steps of 16 examples.
  checkRoundBytes(run, 83_886);
  const message =
    "Cannot make rounds of 400 steps: the examples of a learner's round must have at most 512 MB, found " +
    "513 MB; use --local-steps 399 or fewer";
  assert.throws(() => checkRoundBytes(run, 83_888), { name: UserError.name, message });
  checkRoundBytes(resolveConfig({}, "wgan", IMAGES), 1e9);
});

Deno.test("local steps stay on resume; runs of before have none", () => {
  const run = resolveConfig({ local_steps: 30, learners: 2, steps: 90 }, "wgan", IMAGES);
  assert.equal(resumeConfig(run, { local_steps: 30, learners: 2 }).learners, 2);
  for (const given of [{ local_steps: 60 }, { learners: 4 }, { outer_lr: 0.5 }, { outer_momentum: 0.5 }]) {
    assert.throws(
      () => resumeConfig(run, given),
      /^UserError: Cannot resume with another (local|learn|outer)/,
    );
  }
  const { local_steps: _1, learners: _2, outer_lr: _3, outer_momentum: _4, ...before } = resolveConfig(
    {},
    "wgan",
    IMAGES,
  );
  assert.deepEqual(localStepsOf(wholeConfig(before), 10), null);
  assert.deepEqual(localStepsOf(run, 10)!.epoch_steps, 10);
});
