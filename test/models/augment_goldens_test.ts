/**
 * DiffAugment against PyTorch's float64: losses of ten steps, every gradient of the first, every tensor after the tenth.
 * A convolutional pair on colour images with a gradient penalty, and a fully connected one on grey images of uneven sides
 * whose slopes are penalised at real and at generated ones.
 */
import assert from "node:assert/strict";
import { POLICIES } from "../../models/nets/augment.ts";
import { readTrainingGolden, type TrainingGolden } from "../goldens/golden.ts";
import { assertReached, differences, trainWith } from "./golden_training.ts";
import { assertReachedInOrt } from "./onnx_runtime.ts";

/** Measured: between 1e-15 and 1e-14. */
const TOLERANCE = 3e-14;
/** Of float32. Measured: below 5e-6. */
const TOLERANCE_FLOAT32 = 2e-5;

const GOLDENS = {
  "colour images, with a gradient penalty": readTrainingGolden("wgan_gp_augment_small.safetensors"),
  "grey images of uneven sides, with R1 and R2": readTrainingGolden("lsgan_augment_small.safetensors"),
};

for (const [what, golden] of Object.entries(GOLDENS)) {
  Deno.test(`goldens: training on augmented ${what} is reached in float64`, () =>
    assertReached(golden, TOLERANCE));

  Deno.test(`goldens: training on augmented ${what} is reached in ONNX Runtime`, () =>
    assertReachedInOrt(golden, TOLERANCE_FLOAT32));

  for (const policy of POLICIES) {
    Deno.test(`goldens: training on augmented ${what} without ${policy} is seen`, async () => {
      const { augment, ...settings } = golden.settings;
      const policies = augment!.policies.filter((name) => name !== policy);
      const without: TrainingGolden = {
        ...golden,
        settings: { ...settings, augment: { ...augment!, policies } },
      };
      assert.ok(differences(await trainWith(without, {}, 2), golden, TOLERANCE).length > 0);
    });
  }
}
