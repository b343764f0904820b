/** The bare computing of a step: a lane's graphs in ONNX Runtime, fed from buffers that never change. */
import type { NetworkName } from "../../common/network_name.ts";
import { fillNormal, fillUniform } from "../../random/philox.ts";
import { featuresOf, type Model } from "./wgan_model.ts";

function streamKey(purpose: "critic_noise" | "dataset") {
  return { seed: 1, purpose, counter: 1, shard: 0 } as const;
}

/**
 * One shard's gradients and nothing else. Critic: the generator's forward pass, then the critic's training graph.
 * Generator: its training graph.
 */
export function bareShard({ manifest, state, runners }: Model): (kind: NetworkName) => Promise<void> {
  const { micro_batch, latent, graphs } = manifest;
  const features = featuresOf(manifest);
  const noise = new Float32Array(micro_batch * latent);
  const real = new Float32Array(micro_batch * features);
  const fake = new Float32Array(micro_batch * features);
  fillNormal(noise, streamKey("critic_noise"));
  fillUniform(real, streamKey("dataset"), -1, 1);
  const sources = { critic: state.critic, generator: state.generator, noise, real, fake };
  const bound = (name: "critic_training_model" | "generator_training_model" | "generator_forward_model") => {
    const out = name === "generator_forward_model" ? fake : new Float32Array(graphs[name].size);
    return runners[name].bind(sources, out, micro_batch);
  };
  const forward = bound("generator_forward_model");
  const critic = bound("critic_training_model");
  const generator = bound("generator_training_model");
  return async (kind) => {
    for (const graph of kind === "critic" ? [forward, critic] : [generator]) await graph.run();
  };
}
