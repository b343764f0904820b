import assert from "node:assert/strict";
import { gan } from "../../../models/objectives/gan.ts";
import type { Net } from "../../../models/nets/net.ts";
import { criticTrainingGraph, generatorTrainingGraph, type Pair } from "../../../models/training_graphs.ts";
import { prepareInOrt } from "../onnx_runtime.ts";

/** A network of one weight, which it multiplies examples of one number with. */
function scaling(name: string): Net {
  return {
    parameters: [{ name: `${name}.weight`, shape: [1], initialiser: { kind: "constant", value: 1 } }],
    statistics: [],
    input_shape: [1],
    output_shape: [1],
    forwardTrain: (b, x) => ({ output: b.op("Mul", [x, b.value(`${name}.weight`)]), moments: [] }),
    forwardEval: (b, x) => b.op("Mul", [x, b.value(`${name}.weight`)]),
  };
}

const PAIR: Pair = {
  critic: scaling("critic"),
  generator: scaling("generator"),
  objective: gan,
  micro_batch: 3,
};
const REAL = Float32Array.of(2, -1, 0.5), FAKE = Float32Array.of(-3, 0, 40);
const WEIGHTS = [["critic.weight", Float32Array.of(2)], ["generator.weight", Float32Array.of(1.5)]] as const;

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Measured: 4e-8 of the value. */
function assertNear(found: number, expected: number, what: string): void {
  assert.ok(
    Math.abs(found - expected) <= 4e-7 * Math.abs(expected),
    `${what}: ${found}, expected ${expected}`,
  );
}

Deno.test("gan: the critic's loss is the cross-entropy of sigmoids, and its gradient theirs", async () => {
  const run = await prepareInOrt(criticTrainingGraph(PAIR));
  const outputs = await run(new Map([...WEIGHTS, ["real", REAL], ["fake", FAKE]]));
  const on_real = [...REAL].map((x) => -Math.log(sigmoid(2 * x)));
  // log(1 - sigmoid(80)) has no value in double arithmetic: -80 exactly enough.
  const on_fake = [...FAKE].map((x) => x === 40 ? 80 : -Math.log(1 - sigmoid(2 * x)));
  assertNear(outputs.get("loss")![0]!, mean(on_real) + mean(on_fake), "loss");
  const slope = mean([...REAL].map((x) => (sigmoid(2 * x) - 1) * x)) +
    mean([...FAKE].map((x) => sigmoid(2 * x) * x));
  assertNear(outputs.get("critic.weight_grad")![0]!, slope, "gradient");
  assertNear(outputs.get("mean_D_real")![0]!, mean([...REAL].map((x) => 2 * x)), "mean_D_real");
  assertNear(outputs.get("mean_D_fake")![0]!, mean([...FAKE].map((x) => 2 * x)), "mean_D_fake");
});

Deno.test("gan: the generator's loss does not saturate: the surer the critic, the steeper", async () => {
  const run = await prepareInOrt(generatorTrainingGraph(PAIR));
  const outputs = await run(new Map([...WEIGHTS, ["noise", FAKE]]));
  const scores = [...FAKE].map((z) => 2 * 1.5 * z);
  assertNear(outputs.get("loss")![0]!, mean(scores.map((s) => Math.log1p(Math.exp(-s)))), "loss");
  const slope = mean([...FAKE].map((z, i) => (sigmoid(scores[i]!) - 1) * 2 * z));
  assertNear(outputs.get("generator.weight_grad")![0]!, slope, "gradient");
  assertNear(outputs.get("mean_D_fake")![0]!, mean(scores), "mean_D_fake");
});
