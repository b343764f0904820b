/** What a round of local steps is reported as: its steps, one by one, and the averaging at its end. Pure. */
import type { LearnerLayout } from "../../algorithm/learner_layout.ts";
import type { InnerStep } from "../../algorithm/local_steps.ts";
import type { NetworkName } from "../../common/network_name.ts";
import { checksumBytes } from "../../kernels/kernels.ts";
import type { RunConfig } from "../config/config.ts";
import type { NodeResult } from "../fleet/round.ts";
import type { WorkerShare, WorkerShares } from "../fleet/worker_share.ts";
import type { ModelState } from "./model_state.ts";
import { controlRun } from "./run_control.ts";
import type { StepTimes } from "./step_rounds.ts";
import type { StepReport } from "./train.ts";

type Checksums = Readonly<Record<NetworkName, string>>;

/** Means over the learners of one step. */
interface Figures {
  readonly loss_critic: number;
  readonly mean_real: number;
  readonly mean_fake: number;
  readonly loss_generator: number;
}

interface Round {
  readonly steps: readonly InnerStep[];
  readonly figures: readonly Figures[];
  readonly checksums: readonly Checksums[];
  /** Generator steps before it. */
  readonly generator_before: number;
  readonly ms: StepTimes;
  readonly shares: ReadonlyMap<number, WorkerShare>;
}

/** A learner's checksum; of several the checksum of all of theirs in order. */
function checksumOf(learners: readonly string[]): string {
  if (learners.length === 1) return learners[0]!;
  return checksumBytes(new TextEncoder().encode(learners.join("")));
}

/** Checksums of the learners' weights after each step. */
export function checksumsOf(
  layout: LearnerLayout,
  results: readonly NodeResult[],
  num_steps: number,
): Checksums[] {
  const learners = results.toSorted((a, b) => a.begin - b.begin);
  return Array.from({ length: num_steps }, (_, index) => {
    const of = (network: NetworkName) =>
      checksumOf(learners.map(({ values }) => layout.markAt(values, index, network)));
    return { critic: of("critic"), generator: of("generator") };
  });
}

/** Reads the figures out of the learners' mean. */
export function figuresOf(layout: LearnerLayout, mean: Float32Array, num_steps: number): Figures[] {
  return Array.from({ length: num_steps }, (_, index) => ({
    loss_critic: mean[layout.placeOf(index, "loss_critic")]!,
    mean_real: mean[layout.placeOf(index, "mean_D_real")]!,
    mean_fake: mean[layout.placeOf(index, "mean_D_fake")]!,
    loss_generator: mean[layout.placeOf(index, "loss_generator")]!,
  }));
}

/** Reports of the steps; the run decides about itself after each, and stops at the round's end. */
export function roundReports(
  { config, state }: { readonly config: RunConfig; readonly state: ModelState },
  { steps, figures, checksums, generator_before, ms, shares }: Round,
): StepReport[] {
  const weights = weightsOf(steps), last = steps.at(-1)!;
  let generator_step = generator_before;
  return steps.map((inner, index) => {
    const { loss_generator, ...of_critic } = figures[index]!;
    const { step, epoch, batch, generator } = inner;
    generator_step = generator?.update ?? generator_step;
    const estimate = of_critic.mean_real - of_critic.mean_fake;
    const seen = { step, generator_step, estimate };
    const { state: control, steered } = controlRun(config, state.run_control, seen, last.step);
    state.run_control = control;
    const checksum = checksums[index]!;
    return {
      ...{ step, generator_step, epoch, batch, ...of_critic },
      critic_checksum: checksum.critic,
      ...generator && { generator: { loss: loss_generator, checksum: checksum.generator } },
      steered,
      ms: scaled(ms, weights[index]!),
      shares: sharesOf(shares, weights[index]!),
      round: {
        index,
        steps: steps.length,
        end: inner === last ? endOf(config, state) : null,
      },
    };
  });
}

function endOf({ learners }: RunConfig, { critic, generator }: ModelState) {
  return {
    learners: learners!,
    critic_checksum: critic.checksum,
    generator_checksum: generator.checksum,
  };
}

/** Each step's part of the round: a generator step counts as much as a critic step. */
function weightsOf(steps: readonly InnerStep[]): number[] {
  const units = steps.map(({ generator }) => generator ? 2 : 1);
  const all = units.reduce((sum, unit) => sum + unit, 0);
  return units.map((unit) => unit / all);
}

function scaled<T extends object>(numbers: T, weight: number): T {
  return Object.fromEntries(
    Object.entries(numbers).map(([name, value]) => [name, value as number * weight]),
  ) as T;
}

function sharesOf(shares: ReadonlyMap<number, WorkerShare>, weight: number): WorkerShares {
  return new Map(
    [...shares].map(([worker, share]) => {
      return [worker, { ...scaled(share, weight), shards: Math.round(share.shards * weight) }];
    }),
  );
}
