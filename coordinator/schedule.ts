/** When the generator is trained, and how fast both learn: pure functions of the step (algorithm.md). */
import type { RunConfig } from "./config.ts";

/**
 * Whether a generator step follows critic step `step` (counted from 1), the `batch`-th of its epoch (from 0).
 * "paper": after every n_critic-th step of the run. "post": when the index within the epoch is a multiple.
 */
export function generatorDue(
  config: Pick<RunConfig, "schedule" | "n_critic">,
  step: number,
  batch: number,
): boolean {
  return config.schedule === "paper" ? step % config.n_critic === 0 : batch % config.n_critic === 0;
}

/** The learning rate of a step: constant, or falling linearly from lr at step 1 to 0 after decay_steps. */
export function learningRate(config: Pick<RunConfig, "lr" | "decay_steps">, step: number): number {
  if (config.decay_steps === 0) return config.lr;
  return config.lr * Math.max(0, 1 - (step - 1) / config.decay_steps);
}
