import assert from "node:assert/strict";
import { UserError } from "../../../common/errors.ts";
import { type GivenConfig, recordedConfig, resolveConfig } from "../../../coordinator/config/config.ts";
import { PRESETS } from "../../../coordinator/config/presets.ts";
import { resumeConfig } from "../../../coordinator/config/resume_config.ts";

const IMAGES = { example_shape: [28, 28] } as const;
const resolved = (given: GivenConfig) => resolveConfig(given, "wgan", IMAGES);

Deno.test("updates: what was given, else one rate for both, a linear decay, any norm and no average", () => {
  const of = (
    { lr_critic, lr_generator, decay, clip_grad_norm, ema_half_life }: ReturnType<typeof resolved>,
  ) => {
    return { lr_critic, lr_generator, decay, clip_grad_norm, ema_half_life };
  };
  const none = {
    lr_critic: null,
    lr_generator: null,
    decay: "linear",
    clip_grad_norm: null,
    ema_half_life: 0,
  } as const;
  assert.deepEqual(of(resolved({})), none);
  const given = {
    lr_critic: 4e-4,
    lr_generator: 1e-4,
    decay: "cosine",
    clip_grad_norm: 5,
    ema_half_life: 9,
  } as const;
  assert.deepEqual(of(resolved({ ...given, decay_steps: 10 })), given);
  // A run of a version before these settings.
  const { lr_critic: _a, lr_generator: _b, decay: _c, clip_grad_norm: _d, ema_half_life: _e, ...old } =
    resolved({});
  assert.deepEqual(of(recordedConfig(old)), none);
});

Deno.test("betas are the optimizer's, whose eps stays", () => {
  assert.deepEqual(resolved({ preset: "wgan-gp", betas: "0.5, 0.99" }).optimizer, {
    ...PRESETS["wgan-gp"].optimizer,
    beta1: 0.5,
    beta2: 0.99,
  });
  assert.deepEqual(resolved({ preset: "gan" }).optimizer, PRESETS.gan.optimizer);
});

const REFUSED: readonly (readonly [GivenConfig, string])[] = [
  [
    { betas: "0.5,0.9" },
    "Cannot use --betas 0.5,0.9: Adam is required, found rmsprop (preset wgan); use --preset gan or wgan-gp, or leave it " +
    "out",
  ],
  ...["0.5", "0.5,1", "0.5,-0.1", "a,b", "0.5,,0.9", "0.5,", ","].map((
    betas,
  ): readonly [GivenConfig, string] => [
    { preset: "gan", betas },
    `Option --betas must be two numbers from 0 to below 1, separated by a comma: found "${betas}"`,
  ]),
  [
    { decay: "cosine" },
    "Cannot use --decay cosine: it says how learning rates fall over --decay-steps, which must be above 0, found 0 " +
    "(preset wgan); give --decay-steps, for example the number of --steps",
  ],
];

Deno.test("what cannot be is refused in one line", () => {
  for (const [given, message] of REFUSED) {
    assert.throws(() => resolved(given), (error) => {
      assert.ok(error instanceof UserError);
      assert.equal(error.message, message);
      return true;
    });
  }
  assert.equal(resolveConfig({ decay: "cosine" }, "toy-gan", { example_shape: [2] }).decay_steps, 20_000);
});

Deno.test("a resumed run keeps its betas and its rates", () => {
  const run = resolved({ preset: "gan", betas: "0.5,0.9", lr_critic: 4e-4 });
  assert.deepEqual(resumeConfig(run, { betas: "0.5,0.9", lr_critic: 4e-4 }), run);
  assert.throws(() => resumeConfig(run, { betas: "0.5,0.999" }), {
    message:
      "Cannot resume with another --betas: the run has 0.5,0.9, found 0.5,0.999; leave the option out, or start a " +
      "new run",
  });
  assert.throws(() => resumeConfig(run, { lr_generator: 4e-4 }), {
    message:
      "Cannot resume with another lr_generator: the run has null, found 0.0004; leave the option out, change it with " +
      "--amend, or start a new run",
  });
});
