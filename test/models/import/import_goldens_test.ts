/**
 * Networks that PyTorch and Keras exported (scripts/goldens/networks/make_import_goldens.py, make_keras_goldens.py): what they
 * give, and the gradients of one step, against PyTorch's float64 and Keras; by ONNX Runtime in float32, and by the
 * reference interpreter, which computes the same graphs in float64.
 */
import assert from "node:assert/strict";
import {
  criticEvalGraph,
  criticTrainingGraph,
  generatorForwardGraph,
  generatorTrainingGraph,
  type Pair,
  samplerGraph,
} from "../../../models/training_graphs.ts";
import { norm } from "../norm.ts";
import { bound, errorOf, golden, pairOf, type Precision, run } from "./imported_pair.ts";

/**
 * Largest errors, of outputs and of one step's losses and gradients. Measured: mlp outputs 1.05e-7 and 2.2e-16, step
 * 6.9e-6 and 2.0e-14; conv outputs 1.5e-7 and 3.1e-16, step 2.5e-6 and 1.2e-14. With constants as float32 has them (a
 * slope of 0.2, 1 / 12, the square root of 2) float64 comes to 7.7e-8 only: that is all that parts us from PyTorch.
 */
const TOLERANCE = {
  mlp: { outputs: { float32: 4e-7, float64: 2e-15 }, step: { float32: 2e-5, float64: 1e-13 } },
  conv: { outputs: { float32: 5e-7, float64: 2e-15 }, step: { float32: 8e-6, float64: 1e-13 } },
};

const SHAPE = [8, 8];
const IMPORTS: readonly (readonly [pair: "mlp" | "conv", how: string])[] = [
  ["mlp", "script11"],
  ["mlp", "script13"],
  ["mlp", "dynamo"],
  ["mlp", "fixed"],
  ["conv", "script11"],
  ["conv", "script13"],
  ["conv", "script17"],
  ["conv", "script18"],
  ["conv", "dynamo"],
];
const GOLDEN = golden("import.safetensors");

/** Gradients of one kind by parameter, against PyTorch's: the largest error of any tensor. */
function worstGradient(
  results: ReadonlyMap<string, ArrayLike<number>>,
  kind: string,
  names: readonly string[],
): number {
  const expected = names.map((name) => [name, GOLDEN.get(`${kind}.${name}`)!] as const);
  const whole = norm(expected.map(([, data]) => norm(data)));
  const role = kind.endsWith("generator") ? "" : "critic.";
  const errors = expected.map(([name, data]) => {
    const found = results.get(`${role === "" ? "generator." : ""}${name}_grad`)!;
    // PyTorch has no gradient for what the loss does not depend on: ours is then zero.
    const full = data.length === found.length ? data : new Float64Array(found.length);
    return errorOf(found, full, 1e-2 * whole);
  });
  return Math.max(...errors);
}

for (const [pair, how] of IMPORTS) {
  const files = [`${pair}_generator_${how}.onnx`, `${pair}_critic_${how}.onnx`] as const;
  const of = (name: string) => GOLDEN.get(`${pair}.${name}`)!;

  Deno.test(`import ${pair} ${how}: samples and scores are those of PyTorch`, async () => {
    for (const precision of ["float32", "float64"] as const) {
      const own = pairOf(files, 4, SHAPE, "wgan");
      const samples = await run(own, bound(samplerGraph(own), 4), { noise: of("noise") }, precision);
      const scores = await run(own, bound(criticEvalGraph(own), 4), { real: of("real") }, precision);
      const found = Math.max(
        errorOf(samples.get("samples")!, of("samples")),
        errorOf(scores.get("scores")!, of("scores")),
      );
      assert.ok(found <= TOLERANCE[pair].outputs[precision], `${precision} is off by ${found}`);
    }
  });

  for (const objective of ["wgan", "wgan-gp"] as const) {
    Deno.test(`import ${pair} ${how}: losses and gradients of a ${objective} step are PyTorch's`, async () => {
      for (const precision of ["float32", "float64"] as const) {
        const found = await stepErrors(pairOf(files, 4, SHAPE, objective), pair, objective, precision);
        const worst = Math.max(...Object.values(found));
        assert.ok(worst <= TOLERANCE[pair].step[precision], `${precision} is off: ${JSON.stringify(found)}`);
      }
    });
  }
}

/** What one step of each network gives, against PyTorch's: losses by their difference. */
async function stepErrors(
  own: Pair,
  pair: "mlp" | "conv",
  objective: "wgan" | "wgan-gp",
  precision: Precision,
) {
  const of = (name: string) => GOLDEN.get(`${pair}.${name}`)!;
  const noise = { noise: of("noise") };
  const forward = await run(own, generatorForwardGraph(own), noise, precision);
  const fake = Float64Array.from(forward.get("fake")!);
  const step = { real: of("real"), fake, ...objective === "wgan-gp" && { mix: of("mix") } };
  const critic = await run(own, criticTrainingGraph(own), step, precision);
  const generator = await run(own, generatorTrainingGraph(own), noise, precision);
  const kind = `${pair}.${objective.replace("-", "_")}`;
  const names = own.generator.parameters.map(({ name }) => name.replace(/^generator\./, ""));
  return {
    critic_loss: Math.abs(critic.get("loss")![0]! - GOLDEN.get(`${kind}.loss`)![0]!),
    critic: worstGradient(critic, kind, own.critic.parameters.map(({ name }) => name)),
    generator_loss: Math.abs(generator.get("loss")![0]! - of("generator.loss")[0]!),
    generator: worstGradient(generator, `${pair}.generator`, names),
  };
}

Deno.test("import keras: channels last, what tf2onnx wrote gives what Keras gave", async () => {
  const tensors = golden("keras.safetensors");
  const own = pairOf(["keras_generator.onnx", "keras_critic.onnx"], 3, [3, 8, 8], "gan");
  const samples = await run(own, bound(samplerGraph(own), 3), { noise: tensors.get("noise")! });
  const scores = await run(own, bound(criticEvalGraph(own), 3), { real: tensors.get("real")! });
  const found = [
    errorOf(samples.get("samples")!, tensors.get("samples")!),
    errorOf(scores.get("scores")!, tensors.get("scores")!),
  ];
  // Measured: 3.6e-7.
  assert.ok(Math.max(...found) < 1e-6, `errors ${found}`);
});
