/** Seeded first values of a network's flat buffers. */
import { fillUniform, Stream, type StreamKey } from "../random/philox.ts";
import { buildLayout, views } from "./layout.ts";
import type { Initialiser, Net, TensorSpec } from "./nets/net.ts";
import { weightTensors } from "./nets/spectral_norm.ts";
import { FIRST_ITERATIONS, powerIterateNorms } from "./power_iteration.ts";

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
    fill(tensor, initialiser, { seed, purpose: "init", counter: i, shard: NETWORK_STREAMS[network] });
  });
  return buffer;
}

function fill(tensor: Float32Array, initialiser: Initialiser, key: StreamKey): void {
  switch (initialiser.kind) {
    case "constant":
      return void tensor.fill(initialiser.value);
    case "given":
      return void tensor.set(initialiser.values);
    case "uniform":
      return fillUniform(tensor, key, -initialiser.bound, initialiser.bound);
    case "normal": {
      const { mean, deviation } = initialiser, stream = new Stream(key);
      for (let i = 0; i < tensor.length; i++) tensor[i] = mean + deviation * stream.nextNormal();
      return;
    }
  }
  initialiser satisfies never;
}

/**
 * First values of every state, in layout order. Running means start at 0, variances at 1, and the vectors of spectral
 * norms where the power method has brought them, or the file of the network has them.
 */
export interface InitialState {
  readonly critic: Float32Array<ArrayBuffer>;
  readonly generator: Float32Array<ArrayBuffer>;
  readonly statistics: Float32Array<ArrayBuffer>;
}

export function initialState(
  pair: { readonly critic: Net; readonly generator: Net },
  seed: number,
): InitialState {
  const kept = weightTensors(pair.critic);
  const critic = initialiseParameters(kept, seed, "critic");
  const { normalised = [], vectors } = pair.critic;
  if (vectors === undefined) powerIterateNorms(buildLayout(kept), critic, normalised, FIRST_ITERATIONS);
  return {
    critic,
    generator: initialiseParameters(pair.generator.parameters, seed, "generator"),
    statistics: initialiseParameters(pair.generator.statistics, seed, "generator"),
  };
}
