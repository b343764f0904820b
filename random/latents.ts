/** Noise for a trained generator: any number of vectors, and the ways between them. */
import { fillNormal } from "./philox.ts";
import { SAMPLE_NOISE } from "./sample_noise.ts";

/** `count` vectors of `latent` standard normal numbers, one after the other. The first ones do not depend on `count`. */
export function latents(seed: number, count: number, latent: number): Float32Array<ArrayBuffer> {
  const noise = new Float32Array(count * latent);
  fillNormal(noise, { seed, purpose: "sample", counter: SAMPLE_NOISE.trained, shard: 0 });
  return noise;
}

/**
 * Ways from each of `count` vectors to a vector of its own, each in `steps` (2 or more) points, its ends included:
 * ((1 - t) a + t b) / sqrt((1 - t)^2 + t^2), which is standard normal for every t as a and b are, so that no point
 * lies where the generator was never trained (a straight line passes too near to 0).
 */
export function latentWays(
  seed: number,
  count: number,
  latent: number,
  steps: number,
): Float32Array<ArrayBuffer> {
  const ends = latents(seed, 2 * count, latent);
  const ways = new Float32Array(count * steps * latent);
  for (let way = 0; way < count; way++) {
    for (let point = 0; point < steps; point++) {
      const t = point / (steps - 1);
      const length = Math.sqrt((1 - t) * (1 - t) + t * t);
      for (let k = 0; k < latent; k++) {
        const a = ends[2 * way * latent + k]!;
        const b = ends[(2 * way + 1) * latent + k]!;
        ways[(way * steps + point) * latent + k] = ((1 - t) * a + t * b) / length;
      }
    }
  }
  return ways;
}
