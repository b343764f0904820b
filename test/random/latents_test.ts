import assert from "node:assert/strict";
import { latents, latentWays } from "../../random/latents.ts";

Deno.test("noise of a seed: the first vectors do not depend on how many follow", () => {
  assert.deepEqual(latents(3, 10, 4).subarray(0, 12), latents(3, 3, 4));
  assert.notDeepEqual(latents(3, 3, 4), latents(4, 3, 4));
});

Deno.test("ways begin and end at their vectors, and keep to the size that noise has", () => {
  const [seed, latent, steps] = [6, 2000, 9];
  const ends = latents(seed, 4, latent);
  const ways = latentWays(seed, 2, latent, steps);
  const point = (way: number, i: number) =>
    ways.subarray((way * steps + i) * latent, (way * steps + i + 1) * latent);
  for (const way of [0, 1]) {
    assert.deepEqual(point(way, 0), ends.subarray(2 * way * latent, (2 * way + 1) * latent));
    assert.deepEqual(point(way, steps - 1), ends.subarray((2 * way + 1) * latent, (2 * way + 2) * latent));
    for (let i = 0; i < steps; i++) {
      const variance = point(way, i).reduce((sum, z) => sum + z * z, 0) / latent;
      // Standard error of a variance: sqrt(2 / 2000) = 0.032. Measured distance from 1: 0.060.
      assert.ok(Math.abs(variance - 1) < 0.13, `${variance}`);
    }
  }
});
