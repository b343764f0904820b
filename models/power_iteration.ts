/** The power method over the spectral norms of a whole network: what keeps their u and v up with the weights. */
import { views } from "./layout.ts";
import type { Layout } from "./manifest.ts";
import { powerIteration, vectorsOf } from "./nets/spectral_norm.ts";

/** Steps on the initial weights, as PyTorch's. */
export const FIRST_ITERATIONS = 15;

/** {@linkcode powerIteration} for each of the `normalised` weights of a flat buffer of this layout, `steps` times. */
export function powerIterateNorms(
  layout: Layout,
  buffer: Float32Array,
  normalised: readonly string[],
  steps = 1,
): void {
  const tensors = views(layout, buffer);
  for (const name of normalised) {
    const weight = layout.slots.find((slot) => slot.name === name)!;
    const [u, v] = vectorsOf(weight).map((vector) => tensors.get(vector.name)!);
    for (let step = 0; step < steps; step++) powerIteration(tensors.get(name)!, u!, v!);
  }
}
