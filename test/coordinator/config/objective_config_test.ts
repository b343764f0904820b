import assert from "node:assert/strict";
import { UserError } from "../../../common/errors.ts";
import { type GivenConfig, resolveConfig } from "../../../coordinator/config/config.ts";
import { presetForObjective } from "../../../coordinator/config/presets.ts";

const IMAGES = { example_shape: [32, 32] };
const resolved = (given: GivenConfig) => resolveConfig(given, "wgan", IMAGES);

function lossesOf(given: GivenConfig) {
  const { objective, penalty, clip, r1, r2, lazy_penalty } = resolved(given);
  return { objective, penalty, clip, r1, r2, lazy_penalty };
}

const NONE = { penalty: null, clip: null, r1: null, r2: null, lazy_penalty: 1 };

Deno.test("losses: the preset's, unless others are given, which leave its clipping and its penalty", () => {
  assert.deepEqual(lossesOf({}), { ...NONE, objective: "wgan", clip: 0.01 });
  assert.deepEqual(lossesOf({ objective: "hinge" }), { ...NONE, objective: "hinge" });
  assert.deepEqual(lossesOf({ preset: "wgan-gp", objective: "lsgan" }), { ...NONE, objective: "lsgan" });
  assert.deepEqual(lossesOf({ preset: "gan", objective: "wgan-gp" }), {
    ...NONE,
    objective: "wgan-gp",
    penalty: 10,
  });
  assert.deepEqual(lossesOf({ preset: "gan", objective: "wgan", clip: 0.1 }), {
    ...NONE,
    objective: "wgan",
    clip: 0.1,
  });
  const pairs = { objective: "rpgan", r1: 1, r2: 0.5, lazy_penalty: 4 } as const;
  assert.deepEqual(lossesOf({ preset: "gan", ...pairs }), { ...NONE, ...pairs });
  assert.deepEqual(lossesOf({ preset: "gan", r1: 0 }), { ...NONE, objective: "gan" });
});

Deno.test("a gradient penalty takes batch normalisation out of a preset's critic", () => {
  const normalises = (given: GivenConfig) =>
    (resolved(given).networks.critic as { batch_norm: boolean }).batch_norm;
  assert.equal(normalises({ preset: "dcgan" }), true);
  assert.equal(normalises({ preset: "dcgan", r1: 1 }), false);
  assert.equal(normalises({ preset: "dcgan", r2: 1 }), false);
  assert.equal(normalises({ preset: "dcgan", objective: "wgan-gp" }), false);
});

Deno.test("without a preset, that of the losses or of the most like ones", () => {
  const images = { dataset: null, example_shape: [28, 28] }, points = { dataset: null, example_shape: [2] };
  assert.deepEqual(
    [undefined, "gan", "hinge", "rpgan"].map((name) => presetForObjective(name as "gan", images)),
    [
      ...["wgan", "gan", "gan", "gan"],
    ],
  );
  assert.deepEqual([undefined, "lsgan", "wgan-gp"].map((name) => presetForObjective(name as "gan", points)), [
    ...["toy-wgan", "toy-gan", "toy-wgan-gp"],
  ]);
});

const REFUSED: readonly (readonly [GivenConfig, string])[] = [
  [
    { preset: "wgan-gp", r1: 1 },
    "Cannot use --r1 with objective wgan-gp: it has a gradient penalty of its own (--penalty); leave --r1 out, or use " +
    "another --objective",
  ],
  [
    { preset: "wgan-gp", r2: 1 },
    "Cannot use --r2 with objective wgan-gp: it has a gradient penalty of its own (--penalty); leave --r2 out, or use " +
    "another --objective",
  ],
  [
    { lazy_penalty: 4 },
    "Cannot use --lazy-penalty 4: a gradient penalty is required (--r1, --r2 or objective wgan-gp), found none; give one, " +
    "or leave it out",
  ],
  [
    { preset: "gan", objective: "wgan" },
    "Cannot use --objective wgan with preset gan: its critic must be bounded, and this preset does not clip; give --clip or " +
    "--spectral-norm, or use --objective wgan-gp",
  ],
  [
    { objective: "hinge", penalty: 3 },
    "Cannot use --penalty: an objective with a gradient penalty is required, found hinge (preset wgan); use --preset " +
    "wgan-gp, or leave it out",
  ],
  [
    { objective: "hinge", auto_critic: true },
    "Cannot use --adaptive-n-critic: an objective that estimates a distance is required, found hinge (preset wgan), whose " +
    "losses do not measure a distance; use --preset wgan, or leave it out",
  ],
];

Deno.test("penalties and losses that do not fit together are refused in one line", () => {
  for (const [given, message] of REFUSED) {
    assert.throws(() => resolved(given), (error) => {
      assert.ok(error instanceof UserError);
      assert.equal(error.message, message);
      return true;
    });
  }
});
