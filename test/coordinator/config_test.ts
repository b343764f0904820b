import assert from "node:assert/strict";
import { UserError } from "../../common/errors.ts";
import { configChanges, resolveConfig, resumeConfig } from "../../coordinator/config.ts";
import { dataSetOf } from "../../coordinator/data/data_set.ts";
import { presetFor, PRESETS } from "../../coordinator/presets.ts";

const images = dataSetOf("images", [28, 28], "uint8", new Uint8Array(784));

Deno.test("the preset for a data set follows from what its examples are", () => {
  assert.equal(presetFor({ dataset: null, example_shape: [28, 28] }), "wgan");
  assert.equal(presetFor({ dataset: "strokes", example_shape: [16, 16] }), "strokes");
  assert.equal(presetFor({ dataset: "8gaussians", example_shape: [2] }), "toy-wgan");
});

Deno.test("what was given goes before the preset, which fills the rest", () => {
  const config = resolveConfig({ lr: 1e-3, latent: 7 }, "wgan", images);
  assert.equal(config.lr, 1e-3);
  assert.equal(config.clip, 0.01);
  assert.equal(config.n_critic, 5);
  assert.equal(config.batch, 64);
  assert.equal(PRESETS.wgan.lr, 5e-5);
  assert.deepEqual(config.networks.generator.widths, [7, 128, 256, 512, 1024, 784]);
  assert.deepEqual(config.networks.critic.widths, [784, 512, 256, 1]);
});

Deno.test("a penalty is for objectives that have one", () => {
  assert.equal(resolveConfig({ preset: "wgan-gp", penalty: 3 }, "wgan", images).penalty, 3);
  assert.throws(() => resolveConfig({ penalty: 3 }, "wgan", images), {
    name: UserError.name,
    message:
      "Cannot use --penalty: an objective with a gradient penalty is required, found wgan (preset wgan); take " +
      "--preset wgan-gp, or leave it out",
  });
});

Deno.test("a resumed run may change its length and intervals", () => {
  const before = resolveConfig({ epochs: 3, steps: 30 }, "wgan", images);
  const after = resumeConfig(before, { steps: 50, sample_every: 7, checkpoint_every: 0 });
  assert.deepEqual(configChanges(before, after), {
    steps: [30, 50],
    epochs: [3, null],
    sample_every: [1000, 7],
    checkpoint_every: [null, 0],
  });
});

Deno.test("a resumed run may change nothing else, and the message names what and how", () => {
  const before = resolveConfig({}, "wgan", images);
  for (
    const given of [{ lr: 1 }, { seed: 2 }, { batch: 128 }, { preset: "toy-wgan" }, {
      schedule: "post",
    }] as const
  ) {
    const [[key, value]] = Object.entries(given) as [[keyof typeof before, unknown]];
    assert.throws(() => resumeConfig(before, given), {
      name: UserError.name,
      message: `Cannot resume with another ${key}: the run has ${before[key]}, found ${value}; ` +
        "leave the option out, or start a new run",
    });
  }
  assert.equal(resumeConfig(before, { lr: before.lr }).lr, before.lr, "the same value is no change");
});
