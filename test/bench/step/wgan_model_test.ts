import assert from "node:assert/strict";
import { gradientFlops } from "../../../bench/step/wgan_model.ts";

const NETWORKS = {
  generator: { widths: [2, 3, 4], batch_norm: false, slope: 0, output: "tanh" },
  critic: { widths: [4, 5, 1], batch_norm: false, slope: 0, output: "linear" },
} as const;

/** 2 m k n of a product of [m, k] and [k, n], and of both products of its gradient. */
const product = (m: number, k: number, n: number) => 2 * m * k * n;

Deno.test("FLOPs are those of every matrix product that a step needs", () => {
  const n = 7;
  const forward = product(n, 2, 3) + product(n, 3, 4);
  // Real and fake: forward, gradients by both weights, and by the second layer's input.
  const critic = product(2 * n, 4, 5) + product(2 * n, 5, 1) + // forward
    product(4, 2 * n, 5) + product(5, 2 * n, 1) + // by weights
    product(2 * n, 1, 5); // by the hidden layer
  assert.equal(gradientFlops("critic", NETWORKS, n), forward + critic);

  const generator = 2 * forward + product(n, 4, 3); // forward, by weights; by the hidden layer
  const through_critic = 2 * (product(n, 4, 5) + product(n, 5, 1)); // forward, by inputs
  assert.equal(gradientFlops("generator", NETWORKS, n), generator + through_critic);
});

Deno.test("FLOPs of convolutions are those of every kernel element at every pixel of the smaller side", () => {
  const images = { side: 16, channels: 3, width: 2 };
  const networks = {
    generator: { kind: "dcgan_generator", latent: 5, ...images },
    critic: { kind: "dcgan_critic", batch_norm: true, ...images },
  } as const;
  // 5 -> 4 maps of 4 x 4 from one pixel, -> 2 of 8 x 8 from 4 x 4, -> 3 of 16 x 16 from 8 x 8; the critic backwards.
  const generator = [product(1, 5, 4 * 16), product(16, 4, 2 * 16), product(64, 2, 3 * 16)] as const;
  const critic = [product(64, 3 * 16, 2), product(16, 2 * 16, 4), product(1, 4 * 16, 1)] as const;
  const sum = (products: readonly number[]) => products.reduce((total, next) => total + next, 0);
  const n = 7;
  assert.equal(
    gradientFlops("critic", networks, n),
    n * (sum(generator) + 2 * (3 * sum(critic) - critic[0])),
  );
  assert.equal(
    gradientFlops("generator", networks, n),
    n * (3 * sum(generator) - generator[0] + 2 * sum(critic)),
  );
});
