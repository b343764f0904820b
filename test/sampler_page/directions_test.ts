import assert from "node:assert/strict";
import { principalDirections } from "../../sampler_page/directions.ts";
import { latents } from "../../random/latents.ts";

const LATENT = 5, NUM = 4096;

/** Samples of a linear generator with these rows, for standard normal noise. */
function linear(rows: readonly (readonly number[])[]) {
  const noise = latents(3, NUM, LATENT);
  const samples = Float32Array.from(
    { length: NUM * rows.length },
    (_, i) =>
      rows[i % rows.length]!.reduce(
        (sum, factor, k) => sum + factor * noise[Math.floor(i / rows.length) * LATENT + k]!,
        7,
      ),
  );
  return { noise, samples };
}

/** Numbers of each direction, rounded: the noise is a sample of the normal distribution. */
function directionsOf({ noise, samples }: ReturnType<typeof linear>, count: number): number[][] {
  const flat = principalDirections(noise, samples, LATENT, count);
  return Array.from({ length: count }, (_, k) => [...flat.subarray(k * LATENT, (k + 1) * LATENT)]);
}

function near(found: readonly number[], expected: readonly number[]): void {
  found.forEach((value, k) => assert.ok(Math.abs(value - expected[k]!) < 0.06, `${found} and ${expected}`));
}

Deno.test("the directions of a linear generator are its right singular vectors, the strongest first", () => {
  const [first, second] = directionsOf(linear([[0, 0, -3, -4, 0], [0, 1, 0, 0, 0], [0, 1, 0, 0, 0]]), 2);
  near(first!, [0, 0, 0.6, 0.8, 0]);
  near(second!, [0, 1, 0, 0, 0]);
});

Deno.test("directions are unit vectors at right angles, also where nothing changes any more", () => {
  for (const rows of [[[0, 1, 0, 0, 0]], [[0, 0, 0, 0, 0]], [[1e-9, 2e-9, 0, 0, 0], [0, 0, 1e-9, 0, 0]]]) {
    const found = directionsOf(linear(rows), LATENT);
    for (const [i, a] of found.entries()) {
      for (const [j, b] of found.entries()) {
        const product = a.reduce((sum, value, k) => sum + value * b[k]!, 0);
        assert.ok(Math.abs(product - Number(i === j)) < 1e-5, `${product} of ${i} and ${j}`);
      }
    }
  }
});
