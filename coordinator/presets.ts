/** Presets: which networks, and the hyperparameters that suit them. Everything here can be overridden. */
import {
  imageCritic,
  imageGenerator,
  type MlpConfig,
  planeCritic,
  planeGenerator,
} from "../models/nets/mlp.ts";
import { type Optimizer, RMSPROP } from "./optimizer.ts";

export interface Hyperparameters {
  /** Examples of one critic step over all shards. */
  readonly batch: number;
  readonly shards: number;
  /** Critic steps for one generator step. */
  readonly n_critic: number;
  /** What turns gradients into new weights, for both networks. */
  readonly optimizer: Optimizer;
  /** The optimizer's learning rate, both networks. */
  readonly lr: number;
  /** Critic steps over which lr falls linearly to 0; 0: it stays. */
  readonly decay_steps: number;
  /** Critic parameters are clipped to [-clip, clip] after each step; null: they are not. */
  readonly clip: number | null;
  readonly latent: number;
  /** Critic steps of a run, if nothing else is said. */
  readonly steps: number;
}

export interface Networks {
  readonly generator: MlpConfig;
  readonly critic: MlpConfig;
}

export interface Preset extends Hyperparameters {
  readonly about: string;
  /** The two networks for examples of this many features. */
  networks(latent: number, features: number): Networks;
}

export const PRESETS = {
  wgan: {
    about: "the WGAN of the paper: batch 64, lr 5e-5, clip 0.01, the MLP pair of the original comparison",
    batch: 64,
    shards: 4,
    n_critic: 5,
    optimizer: RMSPROP,
    lr: 5e-5,
    decay_steps: 0,
    clip: 0.01,
    latent: 100,
    steps: 20_000,
    networks: (latent, features) => ({
      generator: imageGenerator(latent, features),
      critic: imageCritic(features),
    }),
  },
  "toy-wgan": {
    about: "for points in the plane: three hidden layers of 128, batch 256, lr 5e-4 falling to 0, clip 0.03",
    batch: 256,
    shards: 4,
    n_critic: 5,
    optimizer: RMSPROP,
    lr: 5e-4,
    decay_steps: 40_000,
    clip: 0.03,
    latent: 2,
    steps: 40_000,
    networks: (latent) => ({ generator: planeGenerator(latent), critic: planeCritic() }),
  },
  strokes: {
    about: "for the drawn strokes: a small pair that shows them within two minutes on two cores",
    batch: 64,
    shards: 4,
    n_critic: 5,
    optimizer: RMSPROP,
    lr: 5e-4,
    decay_steps: 0,
    clip: 0.02,
    latent: 16,
    steps: 30_000,
    networks: (latent, features) => ({
      generator: { widths: [latent, 128, 256, features], batch_norm: true, slope: 0.2, output: "tanh" },
      critic: { widths: [features, 256, 128, 1], batch_norm: false, slope: 0.2, output: "linear" },
    }),
  },
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof PRESETS;

/** The preset for a data set when none is named: what its examples look like decides. */
export function presetFor(data: { dataset: string | null; example_shape: readonly number[] }): PresetName {
  if (data.example_shape.length === 1) return "toy-wgan";
  return data.dataset === "strokes" ? "strokes" : "wgan";
}
