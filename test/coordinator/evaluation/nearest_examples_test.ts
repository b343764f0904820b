import assert from "node:assert/strict";
import { nearestExamples } from "../../../coordinator/evaluation/nearest_examples.ts";
import { permutation, Stream } from "../../../random/philox.ts";

Deno.test("the nearest of a few: by hand", () => {
  const bytes = Uint8Array.of(0, 0, 255, 255, 0, 255, 10, 0);
  const searched = { bytes, dimension: 2, indices: [Uint32Array.of(0, 1), Uint32Array.of(2, 3)] };
  assert.deepEqual(nearestExamples([255, 255], searched, 2), [
    { index: 1, distance: 0 },
    // One pixel of two is off by the whole range.
    { index: 2, distance: Math.sqrt(1 / 2) },
  ]);
  assert.deepEqual(nearestExamples([0, 0], searched, 1, 0).map(({ index }) => index), [3]);
  assert.deepEqual(nearestExamples([0, 0], { ...searched, indices: [Uint32Array.of(2)] }, 3), [
    { index: 2, distance: Math.sqrt(1 / 2) },
  ]);
});

Deno.test("leaving a sum early changes nothing: as sorting all by their distance", () => {
  const seed = 11;
  const [num_examples, dimension] = [60, 150];
  const stream = new Stream({ seed, purpose: "probe", counter: 0, shard: 0 });
  const bytes = Uint8Array.from({ length: num_examples * dimension }, () => stream.nextBelow(256));
  const order = permutation(num_examples, { seed, purpose: "probe", counter: 1, shard: 0 });
  for (let query = 0; query < 10; query++) {
    const tones = Float32Array.from({ length: dimension }, () => 255 * stream.nextUniform());
    const all = [...order].map((index) => {
      const square = tones.reduce((sum, tone, i) => sum + (tone - bytes[index * dimension + i]!) ** 2, 0);
      return { index, distance: Math.sqrt(square / dimension) / 255 };
    }).sort((a, b) => a.distance - b.distance);
    const found = nearestExamples(tones, { bytes, dimension, indices: [order] }, 5);
    assert.deepEqual(
      found.map(({ index }) => index),
      all.slice(0, 5).map(({ index }) => index),
      `seed ${seed}`,
    );
    found.forEach(({ distance }, i) => assert.ok(Math.abs(distance - all[i]!.distance) <= 1e-12));
  }
});
