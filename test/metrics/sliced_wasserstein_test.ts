import assert from "node:assert/strict";
import fc from "fast-check";
import { dataSetOf, decodeExamples } from "../../coordinator/data/data_set.ts";
import { drawStrokes } from "../../coordinator/data/strokes.ts";
import { EvaluationThread } from "../../coordinator/evaluation/evaluation_thread.ts";
import {
  chooseReference,
  MAX_REFERENCE_EXAMPLES,
  quantileDistance,
  slicedReference,
  slicedWasserstein,
} from "../../metrics/sliced_wasserstein.ts";
import { fillUniform } from "../../random/philox.ts";
import goldens from "../coordinator/evaluation/goldens/evaluation.json" with { type: "json" };

const float32s = (hex: string) => new Float32Array(Uint8Array.fromHex(hex).buffer);
const OPTIONS = { num_projections: goldens.projections };

Deno.test("distances agree with numpy's", () => {
  const reference = slicedReference(float32s(goldens.data), goldens.dimension, OPTIONS);
  for (const { name, samples, distance } of goldens.distances) {
    const error = Math.abs(slicedWasserstein(reference, float32s(samples)) - distance);
    // Measured: 9e-10 (projections are kept in float32).
    assert.ok(error <= 5e-9, `${name}: ${error}`);
  }
});

Deno.test("quantileDistance: moving all mass by delta costs delta; sets of other sizes are repeated ones", () => {
  const anySet = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 12 })
    .map((values) => Float32Array.from(values).sort());
  const repeat = (set: Float32Array, times: number) =>
    Float32Array.from({ length: set.length * times }, (_, i) => set[Math.floor(i / times)]!);
  fc.assert(
    fc.property(anySet, anySet, fc.integer({ min: 0, max: 100 }), (a, b, delta) => {
      assert.equal(quantileDistance(a, a.map((v) => v + delta)), delta);
      const plain = repeat(a, b.length).reduce((sum, v, i) => sum + Math.abs(v - repeat(b, a.length)[i]!), 0);
      assert.equal(quantileDistance(a, b), plain / (a.length * b.length));
    }),
    { seed: 5 },
  );
});

Deno.test("strokes: two draws of the data are near, noise is far", () => {
  const draw = (seed: number) => decodeExamples(drawStrokes(seed, 1200).bytes, "uint8");
  const reference = slicedReference(draw(1), 256, { num_projections: 64 });
  const noise = new Float32Array(1200 * 256);
  fillUniform(noise, { seed: 1, purpose: "probe", counter: 0, shard: 0 }, -1, 1);
  const near = slicedWasserstein(reference, draw(2));
  const far = slicedWasserstein(reference, noise);
  assert.ok(near < 0.04, `${near}`); // measured: 0.022
  assert.ok(far > 0.4, `${far}`); // measured: 0.69
});

Deno.test("the reference is everything, or 10,000 chosen at random", () => {
  assert.deepEqual(chooseReference(5, 784).toSorted(), Uint32Array.of(0, 1, 2, 3, 4));
  const chosen = chooseReference(MAX_REFERENCE_EXAMPLES + 5000, 784);
  assert.equal(new Set(chosen).size, MAX_REFERENCE_EXAMPLES);
  // 2^26 elements at most: 4,096 images of 128 x 128, and one of whatever size.
  assert.equal(chooseReference(10_000, 128 * 128).length, 4096);
  assert.equal(chooseReference(10_000, 2 ** 27).length, 1);
  assert.notDeepEqual(chosen, chooseReference(MAX_REFERENCE_EXAMPLES + 5000, 784, 1));
});

Deno.test("the thread gives the same numbers, refuses what is not whole, and lives on", async () => {
  const bytes = Uint8Array.fromHex(goldens.data);
  const data = dataSetOf("golden", [goldens.dimension], "float32", bytes);
  const reference = slicedReference(float32s(goldens.data), goldens.dimension, OPTIONS);
  using thread = EvaluationThread.start(data, OPTIONS);
  const sets = goldens.distances.map(({ samples }) => float32s(samples));
  const distances = await Promise.all(sets.map((samples) => thread.distance(samples)));
  assert.deepEqual(distances, sets.map((samples) => slicedWasserstein(reference, samples)));
  await assert.rejects(thread.distance(new Float32Array(8)), {
    name: "Error",
    message:
      "Cannot evaluate samples: Samples must be one or more whole vectors of 7 elements: found 8 elements",
  });
  assert.equal(await thread.distance(sets[0]!), distances[0]);
});

Deno.test("a closed thread rejects what is and what will be asked", async () => {
  const data = dataSetOf("golden", [goldens.dimension], "float32", Uint8Array.fromHex(goldens.data));
  const thread = EvaluationThread.start(data, OPTIONS);
  const asked = thread.distance(float32s(goldens.data));
  thread.close();
  const closed = { name: "Error", message: "The evaluation thread was closed" };
  await assert.rejects(asked, closed);
  await assert.rejects(thread.distance(float32s(goldens.data)), closed);
});
