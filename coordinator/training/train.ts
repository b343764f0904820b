/**
 * The training loop: Algorithm 1 of Arjovsky, Chintala, Bottou, "Wasserstein GAN" (2017), data-parallel.
 *
 *   for each step:
 *     critic step: every shard -> gradient of mean D(G(z)) - mean D(x); sum in tree order; RMSProp; clip, or
 *       power method of spectral norms; publish
 *     when due, generator step: every shard -> gradient of -mean D(G(z)); sum; RMSProp; publish
 *     log, sample and checkpoint when due, while the workers compute the next step
 */
import type { Manifest } from "../../models/manifest.ts";
import { TAIL } from "../../models/tail.ts";
import { meanAt, type NodeSum, type TreeSum } from "./averaging.ts";
import type { RunConfig } from "../config/config.ts";
import type { RoundRequest } from "../fleet/fence.ts";
import type { Fleet, RoundOutcome } from "../fleet/fleet.ts";
import { BadResult } from "../fleet/judge.ts";
import type { ModelState } from "./model_state.ts";
import { explainBadResult, explainDamage, explainOverflow } from "./non_finite.ts";
import { DamagedState, type UpdateOptions } from "./optimizer.ts";
import { graphOf, type Kind } from "../fleet/result_check.ts";
import { generatorDue, learningRate } from "./schedule.ts";
import { steer, type Steered } from "./steering.ts";
import { addShares, type WorkerShare, type WorkerShares } from "../fleet/worker_share.ts";

/**
 * Where the time of a step went. `wait`: from asking to the last result, without what it took to take results in,
 * which is a part of `sum`.
 */
export interface StepTimes {
  total: number;
  wait: number;
  sum: number;
  update: number;
  send: number;
}

/** What one committed step was. */
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
  /** What the run decided about itself after the step. */
  readonly steered: readonly Steered[];
  readonly ms: StepTimes;
  readonly shares: ReadonlyMap<number, WorkerShare>;
}

export interface Training {
  readonly config: RunConfig;
  readonly manifest: Manifest;
  readonly state: ModelState;
  readonly fleet: Pick<Fleet, "round" | "publish" | "handled_ms">;
  readonly tree: TreeSum;
  /** Batches of one epoch. */
  readonly epoch_steps: number;
  now_ms(): number;
  /**
   * Called after each committed step, while the workers compute the next one already; resolves to false to stop. Until
   * then the state stays that of the step.
   */
  committed(report: StepReport): Promise<boolean> | boolean;
}

/** Gives the workers both networks as they are. */
export function publishAll(state: ModelState, fleet: Pick<Fleet, "publish">): void {
  fleet.publish("critic", state.step, state.critic.checksum, state.critic.kept);
  fleet.publish("generator", state.generator_step, state.generator.checksum, state.generator.kept);
}

/** Whether there is no further step: the last is done, or the run stopped because the estimate is flat. */
export function isDone(
  { steps, stop_when_flat }: Pick<RunConfig, "steps" | "stop_when_flat">,
  { step, steering }: Pick<ModelState, "step" | "steering">,
): boolean {
  return step >= steps || (stop_when_flat && steering.flat_at === step);
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

/** Where a step is in the data. */
type Place = Pick<RoundRequest, "step" | "epoch" | "batch">;

/** What a step has cost so far. */
interface Spent {
  readonly ms: StepTimes;
  readonly shares: WorkerShares;
}

/** `meanwhile` is called while the workers compute; null where it resolves to false: the step is not taken then. */
async function trainStep(
  run: Training,
  step: number,
  meanwhile: () => Promise<boolean>,
): Promise<StepReport | null> {
  const { config, state, epoch_steps } = run;
  const started_ms = run.now_ms();
  const spent: Spent = { ms: { total: 0, wait: 0, sum: 0, update: 0, send: 0 }, shares: new Map() };
  const { ms, shares } = spent;
  const at = { step, epoch: Math.floor((step - 1) / epoch_steps), batch: (step - 1) % epoch_steps };
  const due = generatorDue(config, { ...at, generator_step: state.generator_step }, state.steering.pace);
  const asked = askCritic(run, at, due);
  if (!await meanwhile()) return null;
  // Both updates of a step commit together: if the generator's round fails, the critic's update is undone.
  if (due) state.holdCritic();
  const critic = await takeStep(run, spent, asked, { clip: config.clip, update: step });
  publish(run, ms, "critic", step);
  const generator = due ? await generatorStep(run, spent, at) : undefined;
  state.commit(step);
  const mean_real = critic.means[TAIL.critic.mean_D_real]!;
  const mean_fake = critic.means[TAIL.critic.mean_D_fake]!;
  const { generator_step } = state;
  const decided = steer(config, state.steering, { step, generator_step, estimate: mean_real - mean_fake });
  state.steering = decided.state;
  ms.total = run.now_ms() - started_ms;
  return {
    ...at,
    generator_step,
    loss_critic: critic.means[TAIL.critic.loss]!,
    mean_real,
    mean_fake,
    critic_checksum: state.critic.checksum,
    ...(generator && { generator }),
    steered: decided.steered,
    ms,
    shares,
  };
}

/** Has the gradient of a critic step computed. */
function askCritic(run: Training, at: Place, generator_due: boolean): Asked {
  const is_last = at.step === run.config.steps;
  return ask(run, {
    kind: "critic",
    ...at,
    noise_purpose: "critic_noise",
    noise_counter: at.step,
    // With a generator step in between, the next fakes come from another generator.
    next_noise_counter: generator_due || is_last ? null : at.step + 1,
  });
}

async function generatorStep(
  run: Training,
  spent: Spent,
  at: Place,
): Promise<NonNullable<StepReport["generator"]>> {
  const { config, state } = run;
  const fresh = config.schedule === "paper";
  const asked = ask(run, {
    kind: "generator",
    ...at,
    noise_purpose: fresh ? "generator_noise" : "critic_noise",
    noise_counter: fresh ? state.generator_step + 1 : at.step,
    next_noise_counter: null,
  });
  const { means } = await takeStep(run, spent, asked, { clip: null, update: state.generator_step + 1 });
  state.updateStatistics(means.subarray(TAIL.generator.statistics));
  state.generator_step++;
  publish(run, spent.ms, "generator", state.generator_step);
  return { loss: means[TAIL.generator.loss]!, checksum: state.generator.checksum };
}

/** Leaves of the summing tree: a shard's micro-batches are one or more of them. */
function numLeaves({ shards, accumulate }: RunConfig): number {
  return shards * accumulate;
}

interface Gathered {
  readonly sum: NodeSum;
  /** Of the tail, over the shards. */
  readonly means: Float32Array;
}

/** A round that is being computed. */
interface Asked {
  readonly request: RoundRequest;
  readonly asked_ms: number;
  readonly handled_before_ms: number;
  readonly answers: Promise<{ readonly outcome: RoundOutcome; readonly arrived_ms: number }>;
}

/** Has all shards computed. */
function ask(run: Training, request: RoundRequest): Asked {
  const asked_ms = run.now_ms(), handled_before_ms = run.fleet.handled_ms;
  const answers = (async () => {
    const outcome = await run.fleet.round(request);
    return { outcome, arrived_ms: run.now_ms() };
  })().catch((error: unknown) => {
    throw error instanceof BadResult ? explainBadResult(request, error, run.config) : error;
  });
  // A round that fails is an error for who gathers it, and for nobody if the training has ended meanwhile.
  answers.catch(() => {});
  return { request, asked_ms, handled_before_ms, answers };
}

/** Waits for a round and updates the network that it is about. */
async function takeStep(
  run: Training,
  spent: Spent,
  asked: Asked,
  options: Omit<UpdateOptions, "lr">,
): Promise<Gathered> {
  const gathered = await gather(run, spent, asked);
  apply(run, spent.ms, asked.request, gathered.sum, options);
  return gathered;
}

/** Waits for a round and adds its results in tree order. */
async function gather(
  run: Training,
  { ms, shares }: Spent,
  { request, asked_ms, handled_before_ms, answers }: Asked,
): Promise<Gathered> {
  const { outcome, arrived_ms } = await answers;
  // Less than before where a worker has left.
  const handled_ms = Math.max(0, run.fleet.handled_ms - handled_before_ms);
  const sum = run.tree.sum(outcome.results);
  addShares(shares, outcome.shares);
  const means = tailMeans(run, sum, request.kind);
  ms.wait += arrived_ms - asked_ms - handled_ms;
  ms.sum += run.now_ms() - arrived_ms + handled_ms;
  return { sum, means };
}

/** Means of the tail over the shards. */
function tailMeans({ manifest, config }: Training, sum: NodeSum, kind: Kind): Float32Array {
  const { tail_offset, size } = graphOf(manifest, kind);
  const scale = 1 / numLeaves(config);
  return Float32Array.from({ length: size - tail_offset }, (_, i) => meanAt(sum, tail_offset + i, scale));
}

function apply(
  run: Training,
  ms: StepTimes,
  request: RoundRequest,
  sum: NodeSum,
  options: Omit<UpdateOptions, "lr">,
): void {
  const started_ms = run.now_ms();
  const lr = learningRate(run.config, request.step);
  const network = run.state[request.kind];
  try {
    if (!run.state.update(network, sum, 1 / numLeaves(run.config), { lr, ...options })) {
      throw explainOverflow(request, run.config);
    }
  } catch (error) {
    throw error instanceof DamagedState ? explainDamage(request) : error;
  }
  ms.update += run.now_ms() - started_ms;
}

function publish(run: Training, ms: StepTimes, state: "critic" | "generator", step: number): void {
  const started_ms = run.now_ms();
  const { checksum, kept } = run.state[state];
  run.fleet.publish(state, step, checksum, kept);
  ms.send += run.now_ms() - started_ms;
}
