/**
 * When the generator is trained, and how fast both learn: pure functions of the step (algorithm.md, "When the generator
 * is trained").
 */

import type { NetworkName } from "../common/network_name.ts";
import { cosTurns } from "../random/special.ts";

/** How learning rates fall to 0: linearly, or as (1 + cos) / 2 over half a turn (Loshchilov, Hutter 2017, without restarts). */
export const DECAYS = ["linear", "cosine"] as const;
export type Decay = typeof DECAYS[number];

/** Settings that say when each network is updated, and how fast it learns. */
export interface Schedule {
  readonly schedule: "paper" | "post";
  readonly n_critic: number;
  readonly warm_up: boolean;
  readonly lr: number;
  /** Of one network alone; null: `lr`. */
  readonly lr_critic: number | null;
  readonly lr_generator: number | null;
  /** Steps over which the learning rates fall to 0; 0: they stay. */
  readonly decay_steps: number;
  readonly decay: Decay;
}

/** What learning rates follow from. Absent: both networks learn alike, and a decay is linear. */
export type Rates =
  & Pick<Schedule, "lr" | "decay_steps">
  & Partial<Pick<Schedule, "lr_critic" | "lr_generator" | "decay">>;

/** The WGAN authors' warm-up: so many critic steps for each of the first generator steps and for every 500th. */
const WARM = { critic_steps: 100, first: 25, every: 500 } as const;

/** How many critic steps a generator step takes, and since when (schedule "paper"): what `--adaptive-n-critic` changes. */
export interface Pace {
  /** Times the run's n_critic. */
  readonly times: number;
  /** The generator step after which it holds, and the critic step that it followed. */
  readonly since_step: number;
  readonly since_generator_step: number;
}

export const FIRST_PACE: Pace = { times: 1, since_step: 0, since_generator_step: 0 };

type Cadence = Pick<Schedule, "n_critic" | "warm_up">;

/** Critic steps that the first `count` generator steps take together, were all taken at this pace. */
function criticStepsOf({ n_critic, warm_up }: Cadence, { times }: Pace, count: number): number {
  const each = times * n_critic;
  if (!warm_up || count === 0) return each * count;
  const num_warm = Math.min(count, WARM.first) + Math.floor((count - 1) / WARM.every);
  return each * (count - num_warm) + WARM.critic_steps * num_warm;
}

/** The critic step that generator step `count` follows at this pace; count is since_generator_step or more. */
function stepOfGenerator(config: Cadence, pace: Pace, count: number): number {
  return pace.since_step + criticStepsOf(config, pace, count) -
    criticStepsOf(config, pace, pace.since_generator_step);
}

/**
 * The pace of `times` n_critic from the last generator step on, the `generator_step`-th: it puts off the next one.
 * Not for fewer `times` than before: the next might have been due already.
 */
export function pacedFrom(config: Cadence, pace: Pace, times: number, generator_step: number): Pace {
  return {
    times,
    since_step: stepOfGenerator(config, pace, generator_step),
    since_generator_step: generator_step,
  };
}

/**
 * True if a generator step follows critic step `step` (counted from 1), the `batch`-th of its epoch (from 0), after
 * `generator_step` of them. "paper": after every n_critic-th step of the run, or when the warm-up says so. "post":
 * when the index within the epoch is a multiple.
 */
export function generatorDue(
  config: Pick<Schedule, "schedule"> & Cadence,
  { step, batch, generator_step }: { step: number; batch: number; generator_step: number },
  pace: Pace = FIRST_PACE,
): boolean {
  return config.schedule === "paper"
    ? step === stepOfGenerator(config, pace, generator_step + 1)
    : batch % (pace.times * config.n_critic) === 0;
}

/** A network's learning rate before any decay. */
export function firstLearningRate(
  { lr, lr_critic, lr_generator }: Omit<Rates, "decay_steps">,
  network: NetworkName,
): number {
  return (network === "critic" ? lr_critic : lr_generator) ?? lr;
}

/** A network's learning rate in a step: constant, or falling from its first value at step 1 to 0 after decay_steps. */
export function learningRate(config: Rates, network: NetworkName, step: number): number {
  const first = firstLearningRate(config, network), { decay_steps, decay } = config;
  if (decay_steps === 0) return first;
  const left = Math.max(0, 1 - (step - 1) / decay_steps);
  return first * (decay === "cosine" ? (1 - cosTurns(left / 2)) / 2 : left);
}

/** Epoch of a step (counted from 1), and its batch in it, both counted from 0. */
export function positionOf(step: number, epoch_steps: number): { epoch: number; batch: number } {
  return { epoch: Math.floor((step - 1) / epoch_steps), batch: (step - 1) % epoch_steps };
}

export interface GeneratorNoise {
  readonly noise_purpose: "critic_noise" | "generator_noise";
  readonly noise_counter: number;
}

/** The noise of the `generator_step`-th generator step, which follows critic step `step`; both are counted from 1. */
export function generatorNoise(
  { schedule }: Pick<Schedule, "schedule">,
  step: number,
  generator_step: number,
): GeneratorNoise {
  return schedule === "paper"
    ? { noise_purpose: "generator_noise", noise_counter: generator_step }
    : { noise_purpose: "critic_noise", noise_counter: step };
}

/** Generator steps up to critic step `step`, itself included, at the run's first pace. */
export function generatorStepsUntil(
  config: Pick<Schedule, "schedule"> & Cadence,
  step: number,
  epoch_steps: number,
): number {
  if (config.schedule === "post") {
    const within = (steps: number) => Math.ceil(steps / config.n_critic);
    return Math.floor(step / epoch_steps) * within(epoch_steps) + within(step % epoch_steps);
  }
  // The critic step of a generator step grows with its number.
  let [done, above] = [0, step + 1];
  while (above - done > 1) {
    const middle = Math.floor((done + above) / 2);
    if (stepOfGenerator(config, FIRST_PACE, middle) <= step) done = middle;
    else above = middle;
  }
  return done;
}
