import assert from "node:assert/strict";
import { meanPairwiseDistance } from "../../../coordinator/evaluation/diversity.ts";
import { gradientStats } from "../../../coordinator/evaluation/gradient_stats.ts";
import { buildLayout } from "../../../models/layout.ts";

const layouts = {
  critic: buildLayout([{ name: "critic.0.weight", shape: [2, 2] }, { name: "critic.0.bias", shape: [1] }]),
  generator: buildLayout([{ name: "generator.0.weight", shape: [2] }]),
  statistics: buildLayout([]),
};

function state(step: number, generator_step: number) {
  return {
    step,
    generator_step,
    critic: {
      // The bound as float32, the bound itself, and three within.
      parameters: Float32Array.of(0.01, -0.01, 0.0099, 0, -0.005),
      square_average: Float32Array.of(4, 4, 4, 4, 0.25),
      average: null,
      checksum: "",
    },
    generator: {
      parameters: new Float32Array(2),
      square_average: Float32Array.of(1, 7),
      average: null,
      checksum: "",
    },
  };
}

Deno.test("vitals: the share at the clip bounds, and gradient sizes by tensor without the bias of the start", () => {
  const vitals = gradientStats(state(1, 2), { layouts }, { clip: 0.01, alpha: 0.75 });
  assert.equal(vitals.clipped, 0.4);
  // After one update v = 0.25 g^2; after two of the same g, v = (1 - 0.75^2) g^2.
  assert.deepEqual(vitals.critic_gradients, { "critic.0.weight": 4, "critic.0.bias": 1 });
  assert.deepEqual(vitals.generator_gradients, { "generator.0.weight": Math.sqrt(4 / 0.4375) });
});

Deno.test("vitals: nothing is said of clipping where there is none, nor of gradients before the first", () => {
  const vitals = gradientStats(state(1, 0), { layouts }, { clip: null, alpha: 0.75 });
  assert.deepEqual(Object.keys(vitals), ["critic_gradients", "generator_gradients"]);
  assert.deepEqual(vitals.generator_gradients, {});
});

Deno.test("mean pairwise distance", () => {
  // A 3-4-5 triangle.
  assert.equal(meanPairwiseDistance(Float32Array.of(0, 0, 3, 0, 0, 4), 2), 4);
  assert.equal(meanPairwiseDistance(new Float32Array(600).fill(2), 2), 0);
  assert.ok(Number.isNaN(meanPairwiseDistance(Float32Array.of(1, 2), 2)));
});
