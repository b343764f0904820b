/**
 * The training loop: Algorithm 1 of Arjovsky, Chintala, Bottou, "Wasserstein GAN" (2017), data-parallel.
 *
 *   for each step:
 *     critic step: every shard -> gradient of mean D(G(z)) - mean D(x); sum in tree order; RMSProp; clip, or
 *       power method of spectral norms; publish
 *     when due, generator step: every shard -> gradient of -mean D(G(z)); sum; RMSProp; publish
 *     log, sample and checkpoint when due, while the workers compute the next step
 */
import type { Manifest } from "../models/manifest.ts";
import { meanAt, type NodeResult, type NodeSum, type TreeSum } from "./averaging.ts";
import type { RunConfig } from "./config.ts";
import type { RoundRequest } from "./fence.ts";
import type { Fleet, RoundOutcome } from "./fleet.ts";
import type { ModelState, Network } from "./model_state.ts";
import { explainNonFinite } from "./non_finite.ts";
import type { UpdateOptions } from "./optimizer.ts";
import { generatorDue, learningRate } from "./schedule.ts";
import { steer, type Steered } from "./steering.ts";
import { addShares, type WorkerShare, type WorkerShares } from "./worker_share.ts";

/** Places in the tail of a result, after the gradients: see models/manifest.ts. */
const TAIL = {
  critic: { loss: 0, mean_real: 1, mean_fake: 2 },
  generator: { loss: 0, mean_fake: 1, statistics: 2 },
} as const;

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

/** `meanwhile` is called while the workers compute; null where it resolves to false: the step is not taken then. */
async function trainStep(
  run: Training,
  step: number,
  meanwhile: () => Promise<boolean>,
): Promise<StepReport | null> {
  const { config, state, epoch_steps } = run;
  const started_ms = run.now_ms();
  const ms: StepTimes = { total: 0, wait: 0, sum: 0, update: 0, send: 0 };
  const shares: WorkerShares = new Map();
  const at = { step, epoch: Math.floor((step - 1) / epoch_steps), batch: (step - 1) % epoch_steps };
  const due = generatorDue(config, { ...at, generator_step: state.generator_step }, state.steering.pace);
  const last = step === config.steps;

  const asked = ask(run, {
    kind: "critic",
    ...at,
    noise_purpose: "critic_noise",
    noise_counter: step,
    // With a generator step in between, the next fakes come from another generator.
    next_noise_counter: due || last ? null : step + 1,
  });
  if (!await meanwhile()) return null;
  // Both updates of a step commit together: if the generator's round fails, the critic's update is undone.
  if (due) state.holdCritic();
  const critic = await gather(run, ms, shares, asked);
  let generator: StepReport["generator"];
  apply(run, ms, state.critic, critic.sum, step, { clip: config.clip, update: step });
  publish(run, ms, "critic", step);
  if (due) {
    const fresh = config.schedule === "paper";
    const asked = ask(run, {
      kind: "generator",
      ...at,
      noise_purpose: fresh ? "generator_noise" : "critic_noise",
      noise_counter: fresh ? state.generator_step + 1 : step,
      next_noise_counter: null,
    });
    const { sum } = await gather(run, ms, shares, asked);
    apply(run, ms, state.generator, sum, step, { clip: null, update: state.generator_step + 1 });
    state.updateStatistics(tailOf(run, sum, "generator", TAIL.generator.statistics, state.statistics.length));
    state.generator_step++;
    publish(run, ms, "generator", state.generator_step);
    const [loss] = tailOf(run, sum, "generator", TAIL.generator.loss, 1);
    generator = { loss: loss!, checksum: state.generator.checksum };
  }
  state.commit(step);
  const { mean_real, mean_fake } = critic.means;
  const { generator_step } = state;
  const decided = steer(config, state.steering, { step, generator_step, estimate: mean_real - mean_fake });
  state.steering = decided.state;
  ms.total = run.now_ms() - started_ms;
  return {
    ...at,
    generator_step,
    ...critic.means,
    critic_checksum: state.critic.checksum,
    ...(generator && { generator }),
    steered: decided.steered,
    ms,
    shares,
  };
}

/** Leaves of the summing tree: a shard's micro-batches are one or more of them. */
function numLeaves({ shards, accumulate }: RunConfig): number {
  return shards * accumulate;
}

interface Gathered {
  readonly sum: NodeSum;
  readonly means: { loss_critic: number; mean_real: number; mean_fake: number };
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
  })();
  // A round that fails is an error for who gathers it, and for nobody if the training has ended meanwhile.
  answers.catch(() => {});
  return { request, asked_ms, handled_before_ms, answers };
}

/** Waits for a round, checks that its results are numbers, and adds them in tree order. */
async function gather(
  run: Training,
  ms: StepTimes,
  shares: WorkerShares,
  { request, asked_ms, handled_before_ms, answers }: Asked,
): Promise<Gathered> {
  const { outcome, arrived_ms } = await answers;
  // Less than before where a worker has left.
  const handled_ms = Math.max(0, run.fleet.handled_ms - handled_before_ms);
  refuseNonFinite(run, request, outcome.results);
  const sum = run.tree.sum(outcome.results);
  addShares(shares, outcome.shares);
  const tail = tailOf(run, sum, request.kind, 0, 3);
  const means = {
    loss_critic: tail[TAIL.critic.loss]!,
    mean_real: tail[TAIL.critic.mean_real]!,
    mean_fake: tail[TAIL.critic.mean_fake]!,
  };
  ms.wait += arrived_ms - asked_ms - handled_ms;
  ms.sum += run.now_ms() - arrived_ms + handled_ms;
  return { sum, means };
}

function graphOf(run: Training, kind: "critic" | "generator") {
  return run.manifest.graphs[kind === "critic" ? "critic_training_model" : "generator_training_model"];
}

/** Means over the shards of `count` elements of the tail. */
function tailOf(
  run: Training,
  sum: NodeSum,
  kind: "critic" | "generator",
  begin: number,
  count: number,
): Float32Array {
  const first = graphOf(run, kind).tail_offset + begin;
  const scale = 1 / numLeaves(run.config);
  return Float32Array.from({ length: count }, (_, i) => meanAt(sum, first + i, scale));
}

function refuseNonFinite(run: Training, request: RoundRequest, results: readonly NodeResult[]): void {
  const { tail_offset } = graphOf(run, request.kind);
  for (const result of results) {
    if (!Number.isFinite(result.values[tail_offset]!)) {
      throw explainNonFinite(request, result, graphOf(run, request.kind), run.config);
    }
  }
}

function apply(
  run: Training,
  ms: StepTimes,
  network: Network,
  sum: NodeSum,
  step: number,
  options: Omit<UpdateOptions, "lr">,
): void {
  const started_ms = run.now_ms();
  const lr = learningRate(run.config, step);
  run.state.update(network, sum, 1 / numLeaves(run.config), { lr, ...options });
  ms.update += run.now_ms() - started_ms;
}

function publish(run: Training, ms: StepTimes, state: "critic" | "generator", step: number): void {
  const started_ms = run.now_ms();
  const { checksum, kept } = run.state[state];
  run.fleet.publish(state, step, checksum, kept);
  ms.send += run.now_ms() - started_ms;
}
