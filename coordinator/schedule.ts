/** When the generator is trained, and how fast both learn: pure functions of the step (algorithm.md). */
import type { RunConfig } from "./config.ts";

/** The WGAN authors' warm-up: so many critic steps for each of the first generator steps and for every 500th. */
const WARM = { critic_steps: 100, first: 25, every: 500 } as const;

/** Critic steps that the first `count` generator steps take together. */
function criticStepsOf(
  { n_critic, warm_up }: Pick<RunConfig, "n_critic" | "warm_up">,
  count: number,
): number {
  if (!warm_up || count === 0) return n_critic * count;
  const num_warm = Math.min(count, WARM.first) + Math.floor((count - 1) / WARM.every);
  return n_critic * (count - num_warm) + WARM.critic_steps * num_warm;
}

/**
 * Whether a generator step follows critic step `step` (counted from 1), the `batch`-th of its epoch (from 0), after
 * `generator_step` of them. "paper": after every n_critic-th step of the run, or when the warm-up says so. "post":
 * when the index within the epoch is a multiple.
 */
export function generatorDue(
  config: Pick<RunConfig, "schedule" | "n_critic" | "warm_up">,
  { step, batch, generator_step }: { step: number; batch: number; generator_step: number },
): boolean {
  return config.schedule === "paper"
    ? step === criticStepsOf(config, generator_step + 1)
    : batch % config.n_critic === 0;
}

/** The learning rate of a step: constant, or falling linearly from lr at step 1 to 0 after decay_steps. */
export function learningRate(config: Pick<RunConfig, "lr" | "decay_steps">, step: number): number {
  if (config.decay_steps === 0) return config.lr;
  return config.lr * Math.max(0, 1 - (step - 1) / config.decay_steps);
}
