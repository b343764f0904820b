/**
 * Small networks in the float64 interpreter against PyTorch's float64: losses of ten steps, every gradient of the
 * first, every tensor after the tenth. Then the same with one thing wrong at a time, which must show.
 */
import assert from "node:assert/strict";
import { BATCH_NORM_EPS } from "../../models/nets/layers.ts";
import { readTrainingGolden } from "../goldens/golden.ts";
import {
  assertReached,
  type Fault,
  replaceConstant,
  rulesWith,
  seesFault,
  trainWith,
} from "./golden_training.ts";

/** Measured: losses 4.2e-10, gradients 1.7e-9 (of biases before batch normalisation: 0 but for rounding). */
const TOLERANCE = 1e-8;

const GOLDENS = [
  "wgan_small_lively.safetensors",
  "wgan_small_plane.safetensors",
  "wgan_small_paper.safetensors",
].map((file) => ({ file, golden: readTrainingGolden(file) }));

/** True if one of the goldens sees the fault. */
async function isCaught(fault: Fault): Promise<boolean> {
  for (const { golden } of GOLDENS) if (await seesFault(golden, fault, TOLERANCE)) return true;
  return false;
}

for (const { file, golden } of GOLDENS) {
  Deno.test(`goldens: ${file} is reached in float64`, async () => {
    await assertReached(golden, TOLERANCE);
  });
}

/** Each rule that these networks need, and the input it is for. */
const USED_RULES = [
  "Add 0",
  "Add 1",
  "Div 0",
  "Div 1",
  "Gemm 0",
  "Gemm 1",
  "Gemm 2",
  "LeakyRelu 0",
  "Mul 0",
  "Mul 1",
  "Neg 0",
  "ReduceMean 0",
  "Relu 0",
  "Split 0",
  "Sqrt 0",
  "Sub 0",
  "Sub 1",
  "Tanh 0",
  "Transpose 0",
  "Unsqueeze 0",
];

Deno.test("goldens: every gradient rule that is too large by a tenth is seen", async () => {
  const used = new Set<string>();
  const recorder = rulesWith((op, index) => void used.add(`${op} ${index}`));
  for (const { golden } of GOLDENS) await trainWith(golden, { rules: recorder }, 0);
  assert.deepEqual([...used].sort(), USED_RULES);
  for (const name of used) {
    const rules = rulesWith((op, index) => `${op} ${index}` === name ? 1.1 : undefined);
    assert.ok(await isCaught({ rules }), `The goldens do not see the rule of ${name} scaled by 1.1`);
  }
});

Deno.test("goldens: every parameter that does not move is seen, but those without a gradient", async () => {
  for (const { file, golden } of GOLDENS) {
    const names = [...golden.results.keys()].filter((name) => name.startsWith("gradient."));
    const missed: string[] = [];
    for (const name of names) {
      const frozen = name.slice("gradient.".length);
      if (!await seesFault(golden, { update: { frozen } }, TOLERANCE)) missed.push(frozen);
    }
    // Batch normalisation takes the mean away, and with it the bias before.
    const before_norm = file.includes("plane") ? [] : ["generator.2.bias", "generator.5.bias"];
    assert.deepEqual(missed, before_norm, file);
  }
});

const FAULTS: Readonly<Record<string, Fault>> = {
  "RMSProp's eps ten times as large": { update: { eps: 1e-7 } },
  "RMSProp's eps a tenth larger": { update: { eps: 1.1e-8 } },
  "RMSProp's eps under the root": { update: { eps_inside: true } },
  "another alpha": { update: { alpha: 0.9 } },
  "another learning rate": { update: { lr: 5.1e-5 } },
  "no clipping": { update: { clip: null } },
  "batch normalisation's eps a tenth larger": {
    graph: replaceConstant(BATCH_NORM_EPS, 1.1 * BATCH_NORM_EPS),
  },
  "running variances biased": { graph: replaceConstant(6 / 5, 1) },
};

for (const [what, fault] of Object.entries(FAULTS)) {
  Deno.test(`goldens: ${what} is seen`, async () => assert.ok(await isCaught(fault)));
}
