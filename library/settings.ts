/** A program's settings of a run: the options of the command line, by their names with _ for -. */
import { checkOptions } from "../common/cli/options.ts";
import type { GivenConfig } from "../coordinator/config/config.ts";
import { givenConfig } from "../coordinator/config/given_config.ts";
import { RUN_OPTIONS } from "../coordinator/config/run_options.ts";

/**
 * Settings of a run. What is left out is the preset's; `deno task train --help` says more of each.
 *
 * @example
 * ```ts
 * import { type RunSettings, train } from "@wagon/wagon";
 *
 * const settings: RunSettings = { preset: "toy-wgan", steps: 5, lr: 1e-3, n_critic: 2 };
 * await train({ data: "25gaussians", ...settings });
 * ```
 */
export interface RunSettings {
  /** Networks and hyperparameters: a key of {@linkcode presets}. */
  readonly preset?: string;
  /** Rows and columns that images are cropped and resized to. */
  readonly image_size?: number;
  /** 1: make images grey; 3: colour. */
  readonly channels?: number;
  /** Patterns of the names of weights of own networks to train; without any, all are. */
  readonly trainable?: readonly string[];
  /** Rows and columns of the images, which get a border for it. */
  readonly pad_to?: number;
  /** Value of that border's pixels, 0 to 255. */
  readonly pad_value?: number;
  /** Share of the data kept out of training, 0 to 0.9. */
  readonly holdout?: number;
  /** Seed of everything random. Default: 1. */
  readonly seed?: number;
  /** Length of the run in critic steps. */
  readonly steps?: number;
  /** Length of the run in passes over the data, instead of `steps`. */
  readonly epochs?: number;
  /** Examples of a critic step. */
  readonly batch?: number;
  /** Parts of a batch, each computed by one worker. Part of the bits. */
  readonly shards?: number;
  /** Threads of all workers that `shards` is set for: the smallest divisor of `batch` that gives each a shard. */
  readonly for_workers?: number;
  /** Critic steps for one generator step. */
  readonly n_critic?: number;
  /** Learning rate of both networks. */
  readonly lr?: number;
  /** Steps over which the learning rate falls linearly to 0; 0: it stays. */
  readonly decay_steps?: number;
  /** Critic parameters are clipped to [-clip, clip] after each step. */
  readonly clip?: number;
  /** Weight of the gradient penalty, for the presets that have one. */
  readonly penalty?: number;
  /** Length of the generator's noise. */
  readonly latent?: number;
  /** Feature maps next to the image, of convolutional presets. */
  readonly width?: number;
  /** Share of the critic's hidden features that each step drops, 0 to 0.9. */
  readonly dropout?: number;
  /** Divides the critic's weights by their spectral norms, in place of clipping. */
  readonly spectral_norm?: boolean;
  /** When the generator learns. Default: "paper". */
  readonly schedule?: "paper" | "post";
  /** 100 critic steps for each of the first 25 generator steps and for every 500th. */
  readonly warm_up?: boolean;
  /** Parts in which a shard computes its examples of a step, a power of two. Part of the bits. */
  readonly accumulate?: number;
  /** How gradients and weights travel; the others are rounded, which is part of the bits. */
  readonly wire?: "float32" | "bfloat16" | "int8";
  /** Groups of shards whose sums are rounded, and travel each by itself; the shards, unless given. */
  readonly wire_groups?: number;
  /** Doubles n_critic whenever the critic stays far from its optimum. */
  readonly adaptive_n_critic?: boolean;
  /** Ends the run once the Wasserstein estimate has stopped falling. */
  readonly early_stopping?: boolean;
  /** Steps before which `early_stopping` does not stop. */
  readonly min_steps?: number;
  /** Refuses workers of another numeric class, so that the bits can be had again. */
  readonly exact?: boolean;
  /** Critic steps between samples that are drawn and measured; 0: only at start and end. */
  readonly sample_every?: number;
  /** Critic steps between measurements of the distance to the data; 0: only at start and end. */
  readonly evaluate_every?: number;
  /** Critic steps between checkpoints, for a run with a folder. */
  readonly checkpoint_every?: number;
}

/** All of these settings, and the paths and names that the data and the networks may have on a command line. */
export type NamedSettings = RunSettings & {
  readonly dataset?: string;
  readonly data?: string;
  readonly generator?: string;
  readonly critic?: string;
  readonly objective?: string;
};

/** The given part of the configuration. Throws {@linkcode UserError} for an unknown key or a value out of its range. */
export function givenOf(settings: NamedSettings): GivenConfig {
  const set = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  return givenConfig(checkOptions(RUN_OPTIONS, set, "the options"));
}
