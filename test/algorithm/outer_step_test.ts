import assert from "node:assert/strict";
import { meanOfSum, outerStep } from "../../algorithm/outer_step.ts";
import { Kernels } from "../../kernels/kernels.ts";
import { fillNormal, fillUniform } from "../../random/philox.ts";

const SIZE = 1000;
const ROUNDS = 12;

function normals(counter: number, scale: number): Float32Array {
  const out = new Float32Array(SIZE);
  fillNormal(out, { seed: 3, purpose: "probe", counter, shard: 0 });
  return out.map((value) => scale * value);
}

/** SGD with Nesterov momentum as PyTorch's documentation has it, over the outer gradient start - mean, in float64. */
class Nesterov {
  readonly weights: Float64Array;
  readonly #buffer = new Float64Array(SIZE);

  constructor(initial: Float32Array, readonly lr: number, readonly mu: number) {
    this.weights = Float64Array.from(initial);
  }

  step(mean: Float64Array): void {
    mean.forEach((value, i) => {
      const gradient = this.weights[i]! - value;
      this.#buffer[i] = this.mu * this.#buffer[i]! + gradient;
      this.weights[i]! -= this.lr * (gradient + this.mu * this.#buffer[i]!);
    });
  }
}

for (const [lr, mu] of [[0.7, 0.9], [1.3, 0], [0.5, 0.5]] as const) {
  Deno.test(`the outer step is PyTorch's SGD with Nesterov momentum: lr ${lr}, momentum ${mu}`, () => {
    const start = normals(0, 1), expected = new Nesterov(start, lr, mu);
    const velocity = mu > 0 ? new Float32Array(SIZE) : null;
    let weights = start;
    for (let round = 1; round <= ROUNDS; round++) {
      const drift = normals(round, 0.01);
      const mean = weights.map((value, i) => value + drift[i]!);
      // The reference moves by the same float32 mean's distance from the same place.
      expected.step(expected.weights.map((value, i) => value + (mean[i]! - weights[i]!)));
      outerStep(mean, weights, velocity, { outer_lr: lr, outer_momentum: mu }, null);
      weights = mean;
    }
    const errors = [...weights].map((value, i) => Math.abs(value - expected.weights[i]!));
    const moved = [...weights].map((value, i) => Math.abs(value - start[i]!));
    assert.ok(Math.max(...moved) > 0.05, "must have moved");
    // Measured: 1.1e-6, of weights of up to 3.5.
    assert.ok(Math.max(...errors) < 5e-6, `${Math.max(...errors)}`);
  });
}

Deno.test("the plain outer step leaves the mean as it is, to the bit", () => {
  const mean = normals(1, 1), before = mean.slice();
  mean[3] = before[3] = -0;
  outerStep(mean, normals(2, 1), null, { outer_lr: 1, outer_momentum: 0 }, 10);
  assert.deepEqual(new Uint32Array(mean.buffer), new Uint32Array(before.buffer));
});

Deno.test("an outer step with momentum stays within the clip bounds, of float32", () => {
  const start = new Float32Array(SIZE), mean = new Float32Array(SIZE);
  fillUniform(mean, { seed: 1, purpose: "probe", counter: 0, shard: 0 }, -0.01, 0.01);
  outerStep(mean, start, new Float32Array(SIZE), { outer_lr: 1, outer_momentum: 0.9 }, 0.01);
  const bound = Math.fround(0.01);
  assert.equal(Math.max(...mean), bound);
  assert.equal(Math.min(...mean), -bound);
});

Deno.test("the mean of learners is their float32 sum by the tree, divided", () => {
  const kernels = Kernels.create(4 * 4 * SIZE + 1024);
  const [a, b] = [kernels.allocate(SIZE), kernels.allocate(SIZE)];
  const learners = [1, 2, 3, 4].map((counter) => normals(counter, 1));
  const [first, second, third, fourth] = learners as [Float32Array, Float32Array, Float32Array, Float32Array];
  for (let i = 0; i < SIZE; i++) {
    a[i] = first[i]! + second[i]!;
    b[i] = third[i]! + fourth[i]!;
  }
  const expected = a.map((left, i) => Math.fround(left + b[i]!) / 4);
  assert.deepEqual(meanOfSum(kernels, { a, b }, 4), expected);
  const alone = kernels.allocate(SIZE);
  alone.set(first);
  assert.deepEqual(meanOfSum(kernels, { a: alone, b: null }, 1), first);
});
