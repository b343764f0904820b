import assert from "node:assert/strict";
import { LearnerLayout, type LearnerState } from "../../algorithm/learner_layout.ts";
import { buildLayout } from "../../models/layout.ts";

/** A critic with a spectral norm: its two vectors have no gradient and no optimizer's state. */
const MANIFEST = {
  layouts: {
    critic: buildLayout([
      { name: "critic.0.weight", shape: [2, 3] },
      { name: "critic.0.bias", shape: [2] },
      { name: "critic.0.weight_u", shape: [2] },
      { name: "critic.0.weight_v", shape: [3] },
    ]),
    generator: buildLayout([{ name: "generator.0.weight", shape: [5] }]),
    statistics: buildLayout([
      { name: "generator.1.running_mean", shape: [2] },
      { name: "generator.1.running_var", shape: [2] },
    ]),
  },
  spectral_norm: ["critic.0.weight"],
};

function stateFrom(first: number): LearnerState {
  let next = first;
  const numbers = (size: number) => Float32Array.from({ length: size }, () => next++);
  const network = (size: number, trained: number) => {
    const weights = numbers(size);
    const parameters = weights.subarray(0, trained);
    return { weights, parameters, square_average: numbers(trained), average: numbers(trained) };
  };
  return { critic: network(13, 8), generator: network(5, 5), statistics: numbers(4) };
}

Deno.test("a state packed and unpacked is the same, and every number has a place of its own", () => {
  const layout = new LearnerLayout(MANIFEST, "adam", 3);
  assert.deepEqual(layout.state_sizes, { critic: 13 + 8 + 8, generator: 5 + 5 + 5 + 4 });
  const result = new Float32Array(layout.size).fill(NaN);
  const from = stateFrom(1), into = stateFrom(-100);
  for (const network of ["critic", "generator"] as const) {
    const state = layout.stateOf(result, network);
    layout.pack(network, from, state);
    layout.unpack(network, state.slice(), into);
  }
  assert.deepEqual(into, from);
  for (let index = 0; index < 3; index++) {
    for (const figure of ["loss_critic", "mean_D_real", "mean_D_fake", "loss_generator"] as const) {
      assert.ok(Number.isNaN(result[layout.placeOf(index, figure)]));
      result[layout.placeOf(index, figure)] = index;
    }
    layout.mark(result, index, "critic", "0123456789abcdef");
    layout.mark(result, index, "generator", `ffff00000000000${index}`);
  }
  assert.ok(result.every((value) => !Number.isNaN(value)));
  assert.equal(layout.markAt(result, 1, "critic"), "0123456789abcdef");
  assert.equal(layout.markAt(result, 2, "generator"), "ffff000000000002");
  assert.deepEqual(into, from);
});

Deno.test("places of a result by name", () => {
  const layout = new LearnerLayout(MANIFEST, "rmsprop", 3);
  const { critic, generator } = layout.state_sizes;
  assert.deepEqual([critic, generator], [13 + 8, 5 + 5 + 4]);
  const names = [0, 7, 12, 13, 19, critic, critic + 5, critic + 10, critic + 13].map((i) => layout.nameAt(i));
  assert.deepEqual(names, [
    "critic.0.weight",
    "critic.0.bias",
    "critic.0.weight_v",
    "square_average of critic.0.weight",
    "square_average of critic.0.bias",
    "generator.0.weight",
    "square_average of generator.0.weight",
    "generator.1.running_mean",
    "generator.1.running_var",
  ]);
  assert.equal(layout.nameAt(layout.placeOf(2, "mean_D_real")), "local step 3");
  assert.equal(layout.nameAt(layout.size - 1), "checksums");
  assert.deepEqual([0, critic + generator - 1, critic + generator].map((i) => layout.isFigure(i)), [
    false,
    false,
    true,
  ]);
});
