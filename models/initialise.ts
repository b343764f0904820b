/** Seeded first values of a network's flat buffers. */
import { fillUniform } from "../random/philox.ts";
import { buildLayout, views } from "./layout.ts";
import type { Net, TensorSpec } from "./nets/net.ts";

/** Networks of a pair draw from streams of their own. Part of the bits of every run. */
export const NETWORK_STREAMS = { critic: 0, generator: 1 } as const;

/**
 * The flat buffer of `specs` in layout order. The i-th tensor is drawn from the stream
 * (seed, "init", counter i, shard `NETWORK_STREAMS[network]`).
 */
export function initialiseParameters(
  specs: readonly TensorSpec[],
  seed: number,
  network: keyof typeof NETWORK_STREAMS,
): Float32Array<ArrayBuffer> {
  const layout = buildLayout(specs);
  const buffer = new Float32Array(layout.size);
  const tensors = views(layout, buffer);
  specs.forEach(({ name, initialiser }, i) => {
    const tensor = tensors.get(name)!;
    if (initialiser.kind === "constant") {
      tensor.fill(initialiser.value);
    } else {
      const key = { seed, purpose: "init", counter: i, shard: NETWORK_STREAMS[network] } as const;
      fillUniform(tensor, key, -initialiser.bound, initialiser.bound);
    }
  });
  return buffer;
}

/** First values of everything that is trained, in layout order. Running means start at 0, variances at 1. */
export interface InitialState {
  readonly critic: Float32Array<ArrayBuffer>;
  readonly generator: Float32Array<ArrayBuffer>;
  readonly statistics: Float32Array<ArrayBuffer>;
}

export function initialState(
  pair: { readonly critic: Net; readonly generator: Net },
  seed: number,
): InitialState {
  return {
    critic: initialiseParameters(pair.critic.parameters, seed, "critic"),
    generator: initialiseParameters(pair.generator.parameters, seed, "generator"),
    statistics: initialiseParameters(pair.generator.statistics, seed, "generator"),
  };
}
