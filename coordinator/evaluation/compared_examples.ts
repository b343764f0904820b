/** Which examples samples are compared with, in training and by `deno task evaluate`. */
import { permutation } from "../../random/philox.ts";

/** The seed of `deno task evaluate`, unless it is told otherwise. */
export const USUAL_SEED = 1;

/** At most so many of a data set's examples: the `part`-th of them in an order by the seed. */
export function comparedExamples(num_examples: number, count: number, seed: number, part = 0): Uint32Array {
  const order = permutation(num_examples, { seed, purpose: "evaluation", counter: 0, shard: 2 });
  return order.subarray(part * count, (part + 1) * count);
}
