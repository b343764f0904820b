import assert from "node:assert/strict";
import { averagedSha256, weightsSha256 } from "../../../coordinator/training/model_state.ts";
import { AveragedGenerator, shareKept } from "../../../coordinator/training/averaged_generator.ts";
import { Kernels } from "../../../kernels/kernels.ts";
import { movingAverageReference } from "../../kernels/reference.ts";
import { preparedRun, trainRounds, trainSteps } from "./local_scene.ts";

const HALF_LIFE = 100;
/** Batch normalisation, and a generator step after every second of 12 critic steps. */
const LETTERS = [
  "--dataset",
  "strokes",
  "--batch",
  "16",
  "--shards",
  "4",
  "--n-critic",
  "2",
  "--steps",
  "12",
];
const AVERAGED = [...LETTERS, "--ema-half-life", `${HALF_LIFE}`];

Deno.test("shareKept: a half after a half-life, whatever the engine's own power says", () => {
  assert.equal(shareKept(1000, 1000), 0.5);
  assert.equal(shareKept(0, 1000), 1);
  for (const examples of [1, 64, 333, 5000, 100_000]) {
    const expected = 2 ** (-examples / 1000), found = shareKept(examples, 1000);
    // Measured: at most 1.7e-15 of the value; allowed: ten times that.
    assert.ok(Math.abs(found - expected) <= 1.7e-14 * expected, `${examples}: ${found}`);
  }
});

Deno.test("an average is the sum of all weights so far, each with half the weight of those a half-life later", () => {
  const kernels = Kernels.create(1 << 12), average = new AveragedGenerator(kernels, 3, 256);
  const weights = kernels.allocate(3), count = 40, keep = 2 ** (-64 / 256);
  const weightsAt = (step: number) => [0, 1, 2].map((i) => ((step * (7 + i)) % 13) / 13 - 0.5);
  average.parameters.set(weightsAt(0));
  for (let step = 1; step <= count; step++) {
    weights.set(weightsAt(step));
    average.move(weights, 64);
  }
  for (const i of [0, 1, 2]) {
    let expected = keep ** count * weightsAt(0)[i]!;
    for (let step = 1; step <= count; step++) {
      expected += (1 - keep) * keep ** (count - step) * weightsAt(step)[i]!;
    }
    // Measured: at most 3.6e-9; allowed: ten times that.
    assert.ok(
      Math.abs(average.parameters[i]! - expected) < 3.5e-8,
      `${average.parameters[i]} for ${expected}`,
    );
  }
});

Deno.test("the average moves after each generator step, from the initial weights on, and changes no weight", async () => {
  const plain = await preparedRun(LETTERS), run = await preparedRun(AVERAGED);
  await trainSteps(plain);
  const { generator, averaged } = run.state;
  assert.deepEqual(averaged!.parameters, generator.parameters);
  let expected = averaged!.parameters.slice(), generator_steps = 0;
  for (let steps = 1; steps <= 12; steps++) {
    await trainSteps(run, { steps });
    if (run.state.generator_step > generator_steps) {
      expected = movingAverageReference(
        expected,
        generator.parameters,
        shareKept(16, HALF_LIFE),
      ) as typeof expected;
    }
    generator_steps = run.state.generator_step;
    assert.ok(averaged!.parameters.every((value, i) => value === expected[i]), `step ${steps}`);
  }
  assert.equal(generator_steps, 6);
  assert.equal(weightsSha256(run.state), weightsSha256(plain.state));
  assert.equal(averagedSha256(plain.state), null);
  assert.match(averagedSha256(run.state)!, /^[0-9a-f]{64}$/);
});

Deno.test("with local steps the average moves once a round, by all of its generator steps", async () => {
  const rounds = ["--local-steps", "6", "--learners", "2"];
  const run = await preparedRun([...AVERAGED, ...rounds]), { averaged, generator } = run.state;
  const ends: Float32Array[] = [];
  let expected = averaged!.parameters.slice();
  const first = await preparedRun([
    ...AVERAGED.slice(0, -4),
    "--steps",
    "6",
    ...AVERAGED.slice(-2),
    ...rounds,
  ]);
  await trainRounds(first);
  ends.push(first.state.generator.parameters.slice());
  await trainRounds(run);
  ends.push(generator.parameters.slice());
  for (const end of ends) {
    expected = movingAverageReference(expected, end, shareKept(3 * 16, HALF_LIFE)) as typeof expected;
  }
  assert.ok(averaged!.parameters.every((value, i) => value === expected[i]));
});
