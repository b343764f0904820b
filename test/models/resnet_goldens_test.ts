/**
 * Small residual pairs against PyTorch's float64: losses of ten steps, every gradient of the first, every tensor after the
 * tenth. In the float64 interpreter one whose critic's gradient is penalised; in ONNX Runtime one for larger images, and one
 * with self-attention.
 */
import assert from "node:assert/strict";
import { readTrainingGolden } from "../goldens/golden.ts";
import { assertReached, rulesWith, seesFault } from "./golden_training.ts";
import { assertReachedInOrt } from "./onnx_runtime.ts";

/** Measured: between 1e-15 and 1e-14. */
const TOLERANCE = 1e-13;
/** Of float32. Measured: below 1e-5. */
const TOLERANCE_FLOAT32 = 5e-5;

const PENALISED = readTrainingGolden("wgan_gp_resnet_small.safetensors");
const WIDENING = readTrainingGolden("hinge_resnet_small.safetensors");
const ATTENTIVE = readTrainingGolden("wgan_gp_attention_small.safetensors");

Deno.test("goldens: a residual pair with a gradient penalty is reached in float64", () =>
  assertReached(PENALISED, TOLERANCE));

const IN_ORT = { "for larger images": WIDENING, "with self-attention and a gradient penalty": ATTENTIVE };

for (const [what, golden] of Object.entries(IN_ORT)) {
  Deno.test(`goldens: a residual pair ${what} is reached in ONNX Runtime`, () =>
    assertReachedInOrt(golden, TOLERANCE_FLOAT32));
}

for (const used of ["AveragePool 0", "Conv 2"]) {
  Deno.test(`goldens of residual pairs: the rule of ${used} scaled by 1.1 is seen`, async () => {
    const rules = rulesWith((op, index) => `${op} ${index}` === used ? 1.1 : undefined);
    assert.ok(await seesFault(PENALISED, { rules }, TOLERANCE));
  });
}
