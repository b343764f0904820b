import assert from "node:assert/strict";
import { mlp } from "../../../models/nets/mlp.ts";
import type { Net } from "../../../models/nets/net.ts";
import { objectiveOf } from "../../../models/objectives/objectives.ts";
import { wganGp } from "../../../models/objectives/wgan_gp.ts";
import { criticTrainingGraph, type Pair } from "../../../models/training_graphs.ts";
import { prepareInOrt } from "../onnx_runtime.ts";

/** D(x) = w sum x^2 / 2 over examples [2, 3]: its slope is w x, so the norm must go over both axes. */
const BOWL: Net = {
  parameters: [{ name: "critic.weight", shape: [1], initialiser: { kind: "constant", value: 1 } }],
  statistics: [],
  input_shape: [2, 3],
  output_shape: [1],
  forwardTrain(b, x) {
    const squares = b.op("ReduceSum", [b.op("Mul", [x, x]), b.ints([1, 2])], { keepdims: 0 });
    const column = b.op("Unsqueeze", [b.op("Mul", [squares, b.scalar(0.5)]), b.ints([1])]);
    return { output: b.op("Mul", [column, b.value("critic.weight")]), moments: [] };
  },
  forwardEval: (b, x) => BOWL.forwardTrain(b, x).output,
};
const LAMBDA = 10;
const N = 4;
const pair = (penalty: number, critic = BOWL): Pair => ({
  critic,
  generator: critic,
  objective: wganGp(penalty),
  micro_batch: N,
});

const example = (first: number) => Array.from({ length: 6 }, (_, i) => first + 0.1 * i);
const REAL = Float32Array.from([1, -0.5, 0.25, 2].flatMap(example));
const FAKE = Float32Array.from([-1, 0.5, 0.125, 0].flatMap(example));
const MIX = Float32Array.of(0, 0.25, 0.5, 0.999);
const W = 0.75;

/** Norm of x^ of each example: what the slope is w times. */
const NORMS = Array.from({ length: N }, (_, n) =>
  Math.hypot(...Array.from({ length: 6 }, (_, i) => {
    const a = MIX[n]!;
    return a * REAL[6 * n + i]! + (1 - a) * FAKE[6 * n + i]!;
  })));

async function computed(penalty: number, weight = W) {
  const graph = criticTrainingGraph(pair(penalty));
  assert.deepEqual(graph.types.get("mix")!.shape, [N, 1, 1]);
  const inputs = new Map([["critic.weight", Float32Array.of(weight)], ["real", REAL], ["fake", FAKE], [
    "mix",
    MIX,
  ]]);
  const outputs = await (await prepareInOrt(graph))(inputs);
  return { loss: outputs.get("loss")![0]!, slope: outputs.get("critic.weight_grad")![0]!, outputs };
}

Deno.test("wgan-gp: the penalty and its derivative are those of the formula, over all axes of an example", async () => {
  const [without, with_penalty] = [await computed(1e-30), await computed(LAMBDA)];
  const mean = (of: (norm: number) => number) => NORMS.reduce((sum, norm) => sum + of(norm), 0) / N;
  const penalty = LAMBDA * mean((norm) => (W * norm - 1) ** 2);
  const slope = LAMBDA * mean((norm) => 2 * (W * norm - 1) * norm);
  const { outputs } = with_penalty;
  assert.equal(without.loss, Math.fround(outputs.get("mean_D_fake")![0]! - outputs.get("mean_D_real")![0]!));
  // Measured: 1.7e-7 and 1.5e-7.
  assert.ok(Math.abs(with_penalty.loss - without.loss - penalty) <= 1e-6 * penalty);
  assert.ok(Math.abs(with_penalty.slope - without.slope - slope) <= 1e-6 * Math.abs(slope));
});

Deno.test("wgan-gp: a critic that is flat has a penalty and no gradient without value", async () => {
  const { loss, slope } = await computed(LAMBDA, 0);
  // (sqrt(1e-12) - 1)^2
  assert.ok(Math.abs(loss - LAMBDA * (1 - 2e-6)) <= 1e-6 * LAMBDA, `${loss}`);
  assert.ok(Number.isFinite(slope));
});

Deno.test("wgan-gp: a critic with batch normalisation is refused, and so are penalties that do not fit", () => {
  const normalised = mlp("critic", { widths: [4, 4, 4, 1], batch_norm: true, slope: 0.2, output: "linear" });
  assert.throws(() => criticTrainingGraph(pair(LAMBDA, normalised)), {
    name: "RangeError",
    message:
      "Cannot use a gradient penalty: the critic's score of an example must not depend on others, found batch normalisation; " +
      "use layer normalisation or none",
  });
  assert.throws(() => objectiveOf({ objective: "wgan", penalty: 1 }), {
    message: "Cannot use objective wgan: its penalty must be null, found 1",
  });
  assert.throws(() => objectiveOf({ objective: "wgan-gp", penalty: null }), {
    message: "Cannot use objective wgan-gp: its penalty must be a number, found null",
  });
});
