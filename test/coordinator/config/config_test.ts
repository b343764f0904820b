import assert from "node:assert/strict";
import { metricsOf, requireMetrics } from "../../../coordinator/config/evaluation_config.ts";
import { UserError } from "../../../common/errors.ts";
import type { DcganCriticConfig } from "../../../models/nets/dcgan.ts";
import { type GivenConfig, resolveConfig, wholeConfig } from "../../../coordinator/config/config.ts";
import { configChanges, resumeConfig } from "../../../coordinator/config/resume_config.ts";
import { evaluationInterval } from "../../../coordinator/config/evaluation_config.ts";
import { dataSetOf } from "../../../coordinator/data/data_set.ts";
import { imageCritic, imageGenerator } from "../../../models/nets/mlp.ts";
import { presetFor, PRESETS } from "../../../coordinator/config/presets.ts";

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
  assert.deepEqual(config.networks, { generator: imageGenerator(7, 784), critic: imageCritic(784) });
});

Deno.test("convolutional presets take images of 32 or 64, and smaller ones get a border", () => {
  const resolved = (example_shape: number[], given = {}) => {
    const { pad_to, pad_value, networks } = resolveConfig({ preset: "wgan-dcgan", ...given }, "wgan", {
      example_shape,
    });
    const { critic } = networks as { critic: DcganCriticConfig };
    return [pad_to, pad_value, critic.channels, critic.side];
  };
  assert.deepEqual(resolved([28, 28]), [32, 0, 1, 32]);
  assert.deepEqual(resolved([32, 32]), [null, 0, 1, 32]);
  assert.deepEqual(resolved([3, 20, 33], { pad_value: 255 }), [64, 255, 3, 64]);
  assert.deepEqual(resolved([28, 28], { pad_to: 64 }), [64, 0, 1, 64]);
  const refused: [number[], object, string][] = [
    [[28, 65], {}, "65 x 28 (width x height); --image-size crops and resizes"],
    [[2], {}, "points of 2 numbers"],
    [[28, 28], { pad_to: 48 }, "--pad-to 48"],
  ];
  for (const [example_shape, given, found] of refused) {
    assert.throws(() => resolved(example_shape, given), {
      name: UserError.name,
      message:
        "Cannot use preset wgan-dcgan: its networks take images of 32 x 32 or 64 x 64, smaller ones get a border, " +
        `found ${found}`,
    });
  }
  assert.equal(resolveConfig({ pad_to: 40 }, "wgan", images).pad_to, 40);
});

Deno.test("spectral norms stand in place of clipping and of the critic's batch normalisation", () => {
  const data = { example_shape: [32, 32] };
  const { clip, networks } = resolveConfig({ preset: "wgan-dcgan", spectral_norm: true }, "wgan", data);
  assert.equal(clip, null);
  const plain = resolveConfig({ preset: "wgan-dcgan" }, "wgan", data);
  assert.equal(plain.clip, 0.01);
  assert.deepEqual(networks, {
    ...plain.networks,
    critic: { ...plain.networks.critic, batch_norm: false, spectral_norm: true },
  });
  assert.throws(() => resolveConfig({ spectral_norm: true, clip: 0.01 }, "wgan", images), {
    name: UserError.name,
    message:
      "Cannot clip the critic: --clip must not be given with --spectral-norm, found 0.01; leave one of them out",
  });
  const own = { latent: 7 } as NonNullable<Parameters<typeof resolveConfig>[3]>;
  assert.throws(() => resolveConfig({ spectral_norm: true }, "wgan", images, own), {
    name: UserError.name,
    message:
      "Cannot use --spectral-norm with your own networks: it applies to the networks of presets; leave it out, or build " +
      "it into the files",
  });
});

Deno.test("the warm-up is for schedule paper, and parts of a shard are a power of two", () => {
  assert.equal(resolveConfig({ warm_up: true }, "wgan", images).warm_up, true);
  assert.throws(() => resolveConfig({ warm_up: true, schedule: "post" }, "wgan", images), {
    name: UserError.name,
    message: "Cannot warm up: --warm-up needs --schedule paper, found post; leave one of them out",
  });
  assert.equal(resolveConfig({ accumulate: 8 }, "wgan", images).accumulate, 8);
  assert.throws(() => resolveConfig({ accumulate: 6 }, "wgan", images), {
    name: UserError.name,
    message:
      "Cannot accumulate gradients: --accumulate must be a power of two, found 6; use 4, or more --shards",
  });
});

Deno.test("a penalty is for objectives that have one", () => {
  assert.equal(resolveConfig({ preset: "wgan-gp", penalty: 3 }, "wgan", images).penalty, 3);
  assert.throws(() => resolveConfig({ penalty: 3 }, "wgan", images), {
    name: UserError.name,
    message:
      "Cannot use --penalty: an objective with a gradient penalty is required, found wgan (preset wgan); use " +
      "--preset wgan-gp, or leave it out",
  });
});

Deno.test("a resumed run may change its length and intervals", () => {
  const before = resolveConfig({ epochs: 3, steps: 30 }, "wgan", images);
  const after = resumeConfig(before, { steps: 50, sample_every: 7, evaluate_every: 9, checkpoint_every: 0 });
  assert.deepEqual(configChanges(before, after), {
    steps: [30, 50],
    epochs: [3, null],
    sample_every: [50, 7],
    evaluate_every: [1000, 9],
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
        `leave the option out, ${key === "lr" ? "change it with --amend, " : ""}or start a new run`,
    });
  }
  assert.equal(resumeConfig(before, { lr: before.lr }).lr, before.lr, "the same value is no change");
});

Deno.test("--amend changes how far weights move, and nothing that graphs, data or optimizer depend on", () => {
  const before = resolveConfig({}, "wgan", images);
  const given = { lr: 1e-3, lr_critic: 2e-3, decay_steps: 90, decay: "cosine", clip_grad_norm: 5 } as const;
  const after = resumeConfig(before, { ...given, steps: 90 }, true);
  assert.deepEqual(after, { ...before, ...given, steps: 90 });
  assert.throws(() => resumeConfig(before, { seed: 2 }, true), {
    message:
      "Cannot resume with another seed: the run has 1, found 2; leave the option out, or start a new run",
  });
  for (const other of [{ batch: 128 }, { n_critic: 1 }, { clip: 1 }, { ema_half_life: 9 }, { penalty: 1 }]) {
    assert.throws(() => resumeConfig(before, other, true), /^UserError: Cannot resume with another /);
  }
  assert.throws(() => resumeConfig(before, { decay: "cosine" }, true), /Cannot use --decay cosine/);
});

Deno.test("a resumed run may give up the promise of the same bits, and not take it up", () => {
  const exact = resolveConfig({ exact: true }, "wgan", images);
  const tolerant = resumeConfig(exact, { exact: false });
  assert.equal(tolerant.exact, false);
  assert.throws(() => resumeConfig(tolerant, { exact: true }), /Cannot resume with another exact/);
});

Deno.test("decisions over the estimate are refused where the objective makes none", () => {
  const data = { example_shape: [28, 28] };
  for (
    const [option, given] of [["--adaptive-n-critic", { auto_critic: true }], ["--early-stopping", {
      stop_when_flat: true,
    }]] as const
  ) {
    assert.throws(() => resolveConfig({ ...given, preset: "gan" }, "wgan", data), {
      name: "UserError",
      message:
        `Cannot use ${option}: an objective that estimates a distance is required, found gan (preset gan), ` +
        "whose losses do not measure a distance; use --preset wgan, or leave it out",
    });
    resolveConfig({ ...given, preset: "wgan-gp" }, "wgan", data);
  }
  const recorded = resolveConfig({}, "wgan", data);
  assert.equal(resumeConfig(recorded, { stop_when_flat: true, min_steps: 5 }).stop_when_flat, true);
  assert.throws(
    () => resumeConfig(recorded, { auto_critic: true }),
    /Cannot resume with another adaptive_n_critic/,
  );
});

Deno.test("a preset for points takes no images", () => {
  assert.throws(() => resolveConfig({ preset: "toy-wgan" }, "wgan", images), {
    name: UserError.name,
    message: "Cannot use preset toy-wgan: its networks take points, found examples of " +
      `${images.example_shape.join(" x ")}; leave it out, or use --dataset 8gaussians`,
  });
});

Deno.test("a recorded configuration that lacks a setting, or has one of another kind, is refused by its name", () => {
  const whole = { ...resolveConfig({}, "wgan", { example_shape: [28, 28] }) };
  assert.deepEqual(wholeConfig(whole), whole);
  for (
    const [key, value] of [["lr", "x"], ["batch", undefined], ["networks", null], ["optimizer", {}], [
      "seed",
      [],
    ]] as const
  ) {
    assert.throws(
      () => wholeConfig({ ...whole, [key]: value }),
      new RegExp(
        `UserError: Cannot resume: the settings in the run record must be complete, found ${key}(\\.kind)? missing`,
      ),
    );
  }
});

Deno.test("distances are measured ten times in a run, though not more often than every thousand steps", () => {
  assert.deepEqual([30_000, 20_001, 1000, 5].map(evaluationInterval), [3000, 2001, 1000, 1000]);
  const plane = { example_shape: [2] };
  const every = (given: GivenConfig) => resolveConfig(given, "toy-wgan", plane).evaluate_every;
  assert.deepEqual([{}, { steps: 2000 }, { steps: 2000, evaluate_every: 0 }].map(every), [4000, 1000, 0]);
});

Deno.test("how sums and weights travel is set with the run, and stays", () => {
  const wired = (given: GivenConfig) => {
    const { wire, wire_groups } = resolveConfig(given, "wgan", images);
    return [wire, wire_groups];
  };
  assert.deepEqual(wired({}), ["float32", null]);
  assert.deepEqual(wired({ wire: "int8" }), ["int8", 4]);
  assert.deepEqual(wired({ wire: "bfloat16", wire_groups: 2 }), ["bfloat16", 2]);
  assert.deepEqual(wired({ wire: "int8", shards: 12, batch: 24, wire_groups: 3 }), ["int8", 3]);
  const refused: [GivenConfig, string][] = [
    [
      { wire_groups: 2 },
      "Cannot use --wire-groups 2: sums are rounded in groups with --wire bfloat16 or --wire int8 only, found " +
      "float32; use one of those, or leave it out",
    ],
    [
      { wire: "int8", wire_groups: 3 },
      "Cannot round sums in 3 groups: --wire-groups must divide --shards 4 into equal powers of two, found 3; use " +
      "4 or 2 or 1",
    ],
    [
      { wire: "int8", shards: 12, wire_groups: 4 },
      "Cannot round sums in 4 groups: --wire-groups must divide --shards 12 into equal powers of two, found 4; use " +
      "12 or 6 or 3",
    ],
    [
      { wire: "int8", wire_groups: 8 },
      "Cannot round sums in 8 groups: --wire-groups must divide --shards 4 into equal powers of two, found 8; use " +
      "4 or 2 or 1",
    ],
  ];
  for (const [given, message] of refused) {
    assert.throws(() => wired(given), { name: UserError.name, message });
  }
  const run = resolveConfig({ wire: "int8" }, "wgan", images);
  assert.equal(resumeConfig(run, { wire: "int8", wire_groups: 4 }).wire, "int8");
  assert.throws(() => resumeConfig(run, { wire: "float32" }), {
    message:
      "Cannot resume with another wire: the run has int8, found float32; leave the option out, or start a new run",
  });
  const { wire: _wire, wire_groups: _groups, ...before } = resolveConfig({}, "wgan", images);
  assert.deepEqual([wholeConfig(before).wire, wholeConfig(before).wire_groups], ["float32", null]);
});

Deno.test("figures of samples: names are known, and the one that the best is kept by is among them", () => {
  const metrics = (given: GivenConfig) => resolveConfig(given, "wgan", images).metrics;
  assert.deepEqual(
    [{}, { keep_best: "swd" }, { keep_best: "fid" }, { metrics: "kid", keep_best: "recall" }, {
      metrics: "fid,kid",
      keep_best: "kid",
    }].map(metrics),
    [null, null, "fid", "kid,recall", "fid,kid"],
  );
  assert.deepEqual(metricsOf({ metrics: "coverage, fid" }), ["frechet_distance", "coverage"]);
  for (const [list, found] of [["is", "is"], ["fid,", "an empty name"], ["swd", "swd"]] as const) {
    assert.throws(() => metrics({ metrics: list, keep_best: "fid" }), {
      name: "UserError",
      message:
        `Cannot use --metrics ${list}: one or more of fid, kid, precision, recall, density, coverage are ` +
        `required, separated by commas, found ${found}; correct the list`,
    });
  }
});

Deno.test("a resumed run may keep the best by a figure that it measures, and its metrics stay", () => {
  const before = resolveConfig({ metrics: "fid" }, "wgan", images);
  requireMetrics(resumeConfig(before, { keep_best: "fid" }), 6);
  requireMetrics(resumeConfig(before, { keep_best: "swd" }), 6);
  assert.throws(() => resumeConfig(before, { metrics: "kid" }), /Cannot resume with another metrics/);
  assert.throws(() => requireMetrics(resumeConfig(before, { keep_best: "kid" }), 6), {
    name: "UserError",
    message:
      "Cannot use --keep-best kid: --metrics must have named it since the run began, found fid; use --keep-best swd, " +
      "or start a new run",
  });
  assert.throws(() => requireMetrics(before, 5), {
    name: "UserError",
    message: "Cannot use --metrics fid: 6 examples or more are required, found 5; leave it out",
  });
});
