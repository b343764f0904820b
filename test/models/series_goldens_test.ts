/** A small pair for series of an odd length against PyTorch's float64: losses, gradients and tensors of ten steps. */
import { readTrainingGolden } from "../goldens/golden.ts";
import { assertReached, rulesWith, seesFault } from "./golden_training.ts";
import assert from "node:assert/strict";

/** Measured: below 1e-14. */
const TOLERANCE = 1e-13;
const PENALISED = readTrainingGolden("wgan_gp_series_small.safetensors");

Deno.test("goldens: a pair for series with a gradient penalty is reached in float64", () =>
  assertReached(PENALISED, TOLERANCE));

Deno.test("goldens of pairs for series: the rule of Slice scaled by 1.1 is seen", async () => {
  const rules = rulesWith((op, index) => `${op} ${index}` === "Slice 0" ? 1.1 : undefined);
  assert.ok(await seesFault(PENALISED, { rules }, TOLERANCE));
});
