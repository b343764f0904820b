/**
 * Small convolutional pairs in the float64 interpreter against PyTorch's float64: losses of ten steps, every gradient
 * of the first, every tensor after the tenth; critics with batch normalisation see real and fake apart, and one
 * without has its gradient penalised.
 */
import assert from "node:assert/strict";
import { BATCH_NORM_EPS } from "../../models/nets/layers.ts";
import type { OpName } from "../../onnx/shapes.ts";
import { readTrainingGolden } from "../goldens/golden.ts";
import { assertReached, type Fault, replaceConstant, rulesWith, seesFault } from "./golden_training.ts";

/** Measured: losses 3.2e-16, gradients and weights 1.7e-15 (another order of additions). */
const TOLERANCE = 1e-14;

const FILES = ["wgan_dcgan_small.safetensors", "dcgan_small.safetensors", "wgan_gp_dcgan_small.safetensors"];
const GOLDENS = new Map(FILES.map((file) => [file, readTrainingGolden(file)]));

async function isCaught(file: string, fault: Fault): Promise<boolean> {
  return await seesFault(GOLDENS.get(file)!, fault, TOLERANCE);
}

for (const [file, golden] of GOLDENS) {
  Deno.test(`goldens: ${file} is reached in float64`, async () => {
    await assertReached(golden, TOLERANCE);
  });
}

const scaled = (op: OpName, index: number): Fault => ({
  rules: rulesWith((other, at) => other === op && at === index ? 1.1 : undefined),
});
const FAULTS: Record<string, Fault> = {
  "the rule of a convolution's input scaled by 1.1": scaled("Conv", 0),
  "the rule of a convolution's weights scaled by 1.1": scaled("Conv", 1),
  "the rule of a transposed convolution's input scaled by 1.1": scaled("ConvTranspose", 0),
  "the rule of a transposed convolution's weights scaled by 1.1": scaled("ConvTranspose", 1),
  "batch normalisation's eps a tenth larger": {
    graph: replaceConstant(BATCH_NORM_EPS, 1.1 * BATCH_NORM_EPS),
  },
  // Three images of 8 x 8 pixels.
  "running variances biased": { graph: replaceConstant(192 / 191, 1) },
};
for (const [what, fault] of Object.entries(FAULTS)) {
  Deno.test(`goldens of convolutional pairs: ${what} is seen`, async () => {
    assert.ok(await isCaught("wgan_dcgan_small.safetensors", fault));
  });
}
