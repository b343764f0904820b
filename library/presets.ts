/** The presets, as a program may look at them. */
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
  /** For what, in a sentence. */
  readonly about: string;
  /** The losses: "wgan", "wgan-gp" or "gan". */
  readonly objective: string;
  /** Examples of a critic step, and the parts that they are computed in. */
  readonly batch: number;
  /** Parts that a batch is computed in. */
  readonly shards: number;
  /** Critic steps for one generator step. */
  readonly n_critic: number;
  /** Learning rate, and the steps over which it falls to 0 (0: it stays). */
  readonly lr: number;
  /** Steps over which the learning rate falls to 0; 0: it stays. */
  readonly decay_steps: number;
  /** Bound of the critic's weights; null: none. */
  readonly clip: number | null;
  /** Weight of the gradient penalty; null: none. */
  readonly penalty: number | null;
  /** Length of the noise, where the data do not decide it. */
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
