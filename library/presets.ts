/** The presets, for programs. */
import { PRESETS } from "../coordinator/config/presets.ts";

/**
 * Networks and hyperparameters that suit each other.
 *
 * @example
 * ```ts
 * import { type Preset, presets } from "@wagon/wagon";
 *
 * const { n_critic, clip }: Preset = presets["wgan"]!;
 * console.assert(n_critic === 5 && clip === 0.01);
 * ```
 */
export interface Preset {
  /** What it is for. */
  readonly about: string;
  /** The losses, a value of `objective`. */
  readonly objective: string;
  /** Real examples in a critic step. */
  readonly batch: number;
  /** Parts of a batch, each computed by one worker thread. */
  readonly shards: number;
  /** Critic steps for each generator step. */
  readonly n_critic: number;
  /** Learning rate of both networks. */
  readonly lr: number;
  /** Steps over which the learning rate falls linearly to 0; 0 keeps it constant. */
  readonly decay_steps: number;
  /** Bound of the critic's weights; null: none. */
  readonly clip: number | null;
  /** Weight of the gradient penalty; null: none. */
  readonly penalty: number | null;
  /** Length of the generator's noise; for some data, wagon chooses another one. */
  readonly latent: number;
  /** Length of the run in critic steps. */
  readonly steps: number;
}

/**
 * The presets by name: what `preset` may be.
 *
 * @example
 * ```ts
 * import { presets } from "@wagon/wagon";
 *
 * for (const [name, { about, steps }] of Object.entries(presets)) console.log(name, steps, about);
 * console.assert("wgan-gp-dcgan" in presets);
 * ```
 */
export const presets: Readonly<Record<string, Preset>> = Object.fromEntries(
  Object.entries(PRESETS).map(([name, preset]) => {
    const { about, objective, batch, shards, n_critic, lr, decay_steps, clip, penalty, latent, steps } =
      preset;
    return [name, {
      about: about.join(", "),
      objective,
      batch,
      shards,
      n_critic,
      lr,
      decay_steps,
      clip,
      penalty,
      latent,
      steps,
    }];
  }),
);
