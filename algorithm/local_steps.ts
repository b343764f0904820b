/**
 * Local steps: learners that train copies of both networks on their own shards, and whose states are averaged after each
 * round (algorithm.md, "Local steps"). What a round consists of follows from the settings and its first step alone.
 */
import type { Optimizer } from "./optimizers.ts";
import {
  generatorDue,
  type GeneratorNoise,
  generatorNoise,
  generatorStepsUntil,
  learningRate,
  positionOf,
  type Schedule,
} from "./schedule.ts";

/** What every learner of a run trains by. */
export interface LocalSteps extends Schedule {
  /** Learners L: a power of two that divides the shards into equal powers of two. */
  readonly learners: number;
  /** Critic steps H of a round. */
  readonly steps: number;
  /** Batches of an epoch. */
  readonly epoch_steps: number;
  /** Bound of the critic's parameters, or null for none. */
  readonly clip: number | null;
  /** Largest norm of a network's gradient; null: any. */
  readonly clip_grad_norm: number | null;
  readonly optimizer: Optimizer;
}

/** A generator step, the `update`-th of the run, counted from 1. */
export interface InnerGeneratorStep extends GeneratorNoise {
  readonly update: number;
  readonly lr: number;
}

/** A critic step within a round, counted from 1 over the whole run, and the generator step that follows it, if any. */
export interface InnerStep {
  readonly step: number;
  readonly epoch: number;
  readonly batch: number;
  readonly lr: number;
  readonly generator: InnerGeneratorStep | null;
}

/** The steps of the round that begins with critic step `first`. */
export function innerSteps(local: LocalSteps, first: number): InnerStep[] {
  const { epoch_steps, steps } = local;
  let generator_step = generatorStepsUntil(local, first - 1, epoch_steps);
  return Array.from({ length: steps }, (_, i) => {
    const step = first + i, position = positionOf(step, epoch_steps);
    const is_due = generatorDue(local, { step, batch: position.batch, generator_step });
    if (is_due) generator_step++;
    const generator = is_due
      ? {
        update: generator_step,
        lr: learningRate(local, "generator", step),
        ...generatorNoise(local, step, generator_step),
      }
      : null;
    return { step, ...position, lr: learningRate(local, "critic", step), generator };
  });
}
