/**
 * Packing against PyTorch's float64: losses of ten steps, every gradient of the first, every tensor after the tenth. Packs of
 * three flat examples with a gradient penalty, and of two images whose slopes are penalised at real and generated ones.
 */
import { readTrainingGolden } from "../goldens/golden.ts";
import { assertReached } from "./golden_training.ts";
import { assertReachedInOrt } from "./onnx_runtime.ts";

/** Measured: below 1e-15. */
const TOLERANCE = 5e-15;
/** Of float32. Measured: below 1e-6. */
const TOLERANCE_FLOAT32 = 5e-6;

const GOLDENS = {
  "packs of three, with a gradient penalty": readTrainingGolden("wgan_gp_pac_small.safetensors"),
  "packs of two images, with R1 and R2": readTrainingGolden("lsgan_pac_small.safetensors"),
};

for (const [what, golden] of Object.entries(GOLDENS)) {
  Deno.test(`goldens: training on ${what} is reached in float64`, () => assertReached(golden, TOLERANCE));

  Deno.test(`goldens: training on ${what} is reached in ONNX Runtime`, () =>
    assertReachedInOrt(golden, TOLERANCE_FLOAT32));
}
