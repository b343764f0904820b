/**
 * The training loop: Algorithm 1 of Arjovsky, Chintala, Bottou, "Wasserstein GAN" (2017), data-parallel.
 *
 *   for each step:
 *     critic step: every shard -> gradient of mean D(G(z)) - mean D(x); sum in tree order; RMSProp; clip, or
 *       power method of spectral norms; publish
 *     when due, generator step: every shard -> gradient of -mean D(G(z)); sum; RMSProp; publish
 *     log, sample and checkpoint when due, while the workers compute the next step
 */
import { TAIL } from "../../models/tail.ts";
import type { RunConfig } from "../config/config.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { WorkerShare } from "../fleet/worker_share.ts";
import type { ModelState } from "./model_state.ts";
import { generatorDue, generatorNoise, positionOf } from "../../algorithm/schedule.ts";
import { controlRun, type Steered } from "./run_control.ts";
import { ask, publish, type Rounds, type StepTaken, type StepTimes, update } from "./step_rounds.ts";

/** Facts of one committed step. */
export interface StepReport {
  readonly step: number;
  readonly generator_step: number;
  readonly epoch: number;
  readonly batch: number;
  readonly loss_critic: number;
  readonly mean_real: number;
  readonly mean_fake: number;
  readonly critic_checksum: string;
  readonly generator?: { readonly loss: number; readonly checksum: string };
  /** The run's decisions after the step. */
  readonly steered: readonly Steered[];
  readonly ms: StepTimes;
  readonly shares: ReadonlyMap<number, WorkerShare>;
  /** Of a local step: its index in the round, from 0, and the steps of the round. */
  readonly round?: { readonly index: number; readonly steps: number; readonly end: RoundEnd | null };
}

/** What the last step of a round is followed by: the learners were averaged. Checksums are those of the run then. */
export interface RoundEnd {
  readonly learners: number;
  readonly critic_checksum: string;
  readonly generator_checksum: string;
}

export interface Training extends Rounds {
  /** Batches of one epoch. */
  readonly epoch_steps: number;
  /**
   * Called after each committed step, while the workers compute the next one already; resolves to false to stop. Until
   * then the state stays that of the step. Of a round of local steps all are told at its end, in order.
   */
  committed(report: StepReport): Promise<boolean> | boolean;
}

/** Gives the workers both networks as they are. */
export function publishAll(state: ModelState, fleet: Pick<Fleet, "publish">): void {
  fleet.publish("critic", state.step, { ...state.critic, change: null });
  fleet.publish("generator", state.generator_step, { ...state.generator, change: null });
}

/** True if there is no further step: the last is done, or the run stopped because the estimate is flat. */
export function isDone(
  { steps, stop_when_flat }: Pick<RunConfig, "steps" | "stop_when_flat">,
  { step, run_control }: Pick<ModelState, "step" | "run_control">,
): boolean {
  return step >= steps || (stop_when_flat && run_control.flat_at === step);
}

/** Trains from the state's step until it is done. The state is that of a committed step at every return and throw. */
export async function train(run: Training): Promise<void> {
  const { config, state } = run;
  let report: StepReport | null = null;
  while (!isDone(config, state)) {
    const last = report;
    const tellLast = async () => last === null || await run.committed(last);
    report = await trainStep(run, state.step + 1, tellLast).catch((error: unknown) => {
      state.restoreCritic();
      throw error;
    });
    if (report === null) return;
  }
  if (report !== null) await run.committed(report);
}

/** `meanwhile` is called while the workers compute; null where it resolves to false: the step is not taken then. */
async function trainStep(
  run: Training,
  step: number,
  meanwhile: () => Promise<boolean>,
): Promise<StepReport | null> {
  const { config, state, epoch_steps } = run;
  const started_ms = run.now_ms();
  const at = { step, ...positionOf(step, epoch_steps) };
  const is_due = generatorDue(
    config,
    { ...at, generator_step: state.generator_step },
    state.run_control.pace,
  );
  const taken: StepTaken = {
    at,
    is_due,
    ms: { total: 0, wait: 0, sum: 0, update: 0, send: 0 },
    shares: new Map(),
  };
  const critic = await criticStep(run, taken, meanwhile);
  if (critic === null) return null;
  const generator = is_due ? await generatorStep(run, taken) : null;
  state.commit(step);
  const { generator_step } = state;
  const estimate = critic.mean_real - critic.mean_fake;
  const { state: steering, steered } = controlRun(config, state.run_control, {
    step,
    generator_step,
    estimate,
  });
  state.run_control = steering;
  const { ms, shares } = taken;
  ms.total = run.now_ms() - started_ms;
  return { ...at, generator_step, ...critic, ...generator && { generator }, steered, ms, shares };
}

/** g_w: the gradient of mean D(G(z)) - mean D(x); w <- clip(RMSProp(w, g_w)). Null where `meanwhile` says so. */
async function criticStep(run: Training, taken: StepTaken, meanwhile: () => Promise<boolean>) {
  const { config, state } = run, { at, is_due } = taken, { step } = at;
  const asked = ask(run, {
    kind: "critic",
    ...at,
    noise_purpose: "critic_noise",
    noise_counter: step,
    // With a generator step in between, the next fakes come from another generator.
    next_noise_counter: is_due || step === config.steps ? null : step + 1,
  }, { clip: config.clip, clip_grad_norm: config.clip_grad_norm, update: step });
  if (!await meanwhile()) return null;
  // Both updates of a step commit together: if the generator's round fails, the critic's update is undone.
  if (is_due) state.holdCritic();
  const means = await update(run, taken, asked);
  publish(run, taken, "critic", step);
  return {
    loss_critic: means[TAIL.critic.loss]!,
    mean_real: means[TAIL.critic.mean_D_real]!,
    mean_fake: means[TAIL.critic.mean_D_fake]!,
    critic_checksum: state.critic.checksum,
  };
}

/** g_theta: the gradient of -mean D(G(z)); theta <- RMSProp(theta, g_theta). */
async function generatorStep(run: Training, taken: StepTaken) {
  const { config, state } = run, { at } = taken;
  const asked = ask(run, {
    kind: "generator",
    ...at,
    ...generatorNoise(config, at.step, state.generator_step + 1),
    next_noise_counter: null,
  }, { clip: null, clip_grad_norm: config.clip_grad_norm, update: state.generator_step + 1 });
  const means = await update(run, taken, asked);
  state.updateStatistics(means.subarray(TAIL.generator.statistics));
  state.averaged?.move(state.generator.parameters, config.batch);
  state.generator_step++;
  publish(run, taken, "generator", state.generator_step);
  return { loss: means[TAIL.generator.loss]!, checksum: state.generator.checksum };
}
