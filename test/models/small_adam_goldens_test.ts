/**
 * The losses that Adam trains, small, in the float64 interpreter against PyTorch's float64: losses of ten steps, every gradient
 * of the first, every tensor after the tenth. The penalty's own gradient is differentiated twice. Then the same with
 * one thing wrong at a time, which must show.
 */
import assert from "node:assert/strict";
import { readTrainingGolden } from "../goldens/golden.ts";
import {
  assertReached,
  type Fault,
  replaceConstant,
  rulesWith,
  seesFault,
  trainWith,
} from "./golden_training.ts";

/** Measured: losses 8.0e-11, gradients and weights 7.8e-10. */
const TOLERANCE = 5e-9;

const FILES = [
  "gan_small.safetensors",
  "gan_r1_small.safetensors",
  "hinge_small.safetensors",
  "lsgan_small.safetensors",
  "rpgan_small.safetensors",
  "wgan_gp_small.safetensors",
  "wgan_gp_small_plane.safetensors",
];
const GOLDENS = new Map(FILES.map((file) => [file, readTrainingGolden(file)]));

async function isCaught(file: string, fault: Fault): Promise<boolean> {
  return await seesFault(GOLDENS.get(file)!, fault, TOLERANCE);
}

for (const [file, golden] of GOLDENS) {
  Deno.test(`goldens: ${file} is reached in float64`, async () => {
    await assertReached(golden, TOLERANCE);
  });

  Deno.test(`goldens: every gradient rule that is too large by a tenth is seen: ${file}`, async () => {
    const used = new Set<string>();
    await trainWith(golden, { rules: rulesWith((op, index) => void used.add(`${op} ${index}`)) }, 0);
    assert.ok(used.size > 10);
    for (const name of used) {
      const rules = rulesWith((op, index) => `${op} ${index}` === name ? 1.1 : undefined);
      assert.ok(await isCaught(file, { rules }), `The golden does not see the rule of ${name} scaled by 1.1`);
    }
  });

  const faults: Record<string, Fault> = {
    "another beta1": { update: { beta1: 0.1 } },
    "another beta2": { update: { beta2: 0.99 } },
    "means that are not corrected": { update: { corrected: false } },
    "another learning rate": { update: { lr: 5.01e-3 } },
    ...golden.settings.penalty && {
      "another penalty": { graph: replaceConstant(golden.settings.penalty, 1.001 * golden.settings.penalty) },
      "a root of nothing but the sum": { graph: replaceConstant(1e-12, 1e-4) },
    },
  };
  const { r1, r2 } = golden.settings;
  for (const [name, weight] of Object.entries({ r1, r2 })) {
    if (weight === undefined) continue;
    faults[`another weight of ${name}`] = { graph: replaceConstant(weight / 2, 1.001 * weight / 2) };
  }
  for (const [what, fault] of Object.entries(faults)) {
    Deno.test(`goldens: ${what} is seen: ${file}`, async () => assert.ok(await isCaught(file, fault)));
  }
}
