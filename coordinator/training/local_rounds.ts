/**
 * Training in rounds of local steps (algorithm.md, "Local steps"): every learner makes the steps of a round by itself;
 * then their states are averaged in the order of the summing tree, and the outer step moves the run.
 */
import { LearnerLayout } from "../../algorithm/learner_layout.ts";
import { type InnerStep, innerSteps, type LocalSteps } from "../../algorithm/local_steps.ts";
import { meanOfSum, type OuterSettings } from "../../algorithm/outer_step.ts";
import { localStepsOf, outerOf } from "../config/local_config.ts";
import type { RoundRequest } from "../fleet/fence.ts";
import type { RoundOutcome } from "../fleet/open_round.ts";
import { BadResult } from "../fleet/judge.ts";
import { moveRun } from "./move_run.ts";
import { explainBadRound, explainOuterOverflow } from "./non_finite.ts";
import { PublishedStates } from "./published_states.ts";
import { checksumsOf, figuresOf, roundReports } from "./round_reports.ts";
import type { StepTimes } from "./step_rounds.ts";
import { isDone, type StepReport, type Training } from "./train.ts";

/** A run with local steps, under way. */
export interface LocalRun extends Training {
  readonly local: LocalSteps;
  readonly outer: OuterSettings;
  readonly layout: LearnerLayout;
}

/** A round that every learner has made. */
interface Learned {
  readonly steps: readonly InnerStep[];
  readonly outcome: RoundOutcome;
  readonly started_ms: number;
  readonly ms: StepTimes;
}

/** Trains from the state's step until it is done. The state is that between two rounds at every return and throw. */
export async function trainLocally(training: Training): Promise<void> {
  const { config, manifest, state, fleet, epoch_steps } = training;
  const local = localStepsOf(config, epoch_steps);
  if (local === null) throw new Error("A run must have local steps to be trained in rounds of them");
  const layout = new LearnerLayout(manifest, local.optimizer.kind, local.steps);
  const run: LocalRun = { ...training, local, outer: outerOf(config), layout };
  const published = new PublishedStates(state.kernels, layout);
  published.publish(state, fleet);
  let reports: readonly StepReport[] = [];
  while (!isDone(config, state)) {
    const last = reports;
    const learned = await learn(run, () => tell(run, last));
    if (learned === null) return;
    reports = commit(run, published, learned);
  }
  await tell(run, reports);
}

/** All steps of a round are told, even where the run is to stop. */
async function tell(run: Training, reports: readonly StepReport[]): Promise<boolean> {
  let goes_on = true;
  for (const report of reports) if (!await run.committed(report)) goes_on = false;
  return goes_on;
}

/** Has every learner make the next round. `meanwhile` is called while they do; null where it resolves to false. */
async function learn(run: LocalRun, meanwhile: () => Promise<boolean>): Promise<Learned | null> {
  const { state, fleet, local } = run;
  const started_ms = run.now_ms(), handled_before_ms = fleet.handled_ms;
  const steps = innerSteps(local, state.step + 1);
  const { step, epoch, batch } = steps[0]!;
  const noise = { noise_purpose: "critic_noise", noise_counter: step, next_noise_counter: null } as const;
  const answers = ask(run, { kind: "critic", step, epoch, batch, ...noise });
  if (!await meanwhile()) return null;
  const { outcome, arrived_ms } = await answers;
  // Less than before where a worker has left.
  const sum = Math.max(0, fleet.handled_ms - handled_before_ms);
  const ms = { total: 0, wait: arrived_ms - started_ms - sum, sum, update: 0, send: 0 };
  return { steps, outcome, started_ms, ms };
}

function ask(run: LocalRun, request: RoundRequest) {
  const answers = (async () => {
    const outcome = await run.fleet.round(request);
    return { outcome, arrived_ms: run.now_ms() };
  })().catch((error: unknown) => {
    throw error instanceof BadResult ? explainBadRound(request, error, run.config) : error;
  });
  // A round that fails is an error for who waits for it, and for nobody if the training has ended meanwhile.
  answers.catch(() => {});
  return answers;
}

/** Averages the learners, moves the run, and publishes it. Returns the reports of the round's steps. */
function commit(run: LocalRun, published: PublishedStates, learned: Learned): StepReport[] {
  const { state, fleet, tree, local, layout } = run;
  const { steps, outcome: { results, shares }, started_ms, ms } = learned;
  const generator_before = state.generator_step;
  const timed = <T>(part: "sum" | "update" | "send", go: () => T): T => {
    const began_ms = run.now_ms(), made = go();
    ms[part] += run.now_ms() - began_ms;
    return made;
  };
  // Before the sum, which may be made where the results lie.
  const checksums = checksumsOf(layout, results, steps.length);
  const mean = timed("sum", () => meanOfSum(state.kernels, tree.sum(results, "critic"), local.learners));
  timed("update", () => {
    if (!moveRun(run, mean)) throw explainOuterOverflow(steps[0]!.step, run.config);
    state.commit(steps.at(-1)!.step);
    state.generator_step = steps.findLast(({ generator }) => generator)?.generator?.update ??
      generator_before;
    const examples = run.config.batch * (state.generator_step - generator_before);
    if (examples > 0) state.averaged?.move(state.generator.parameters, examples);
    state.refreshChecksums();
  });
  timed("send", () => published.publish(state, fleet));
  ms.total = run.now_ms() - started_ms;
  const figures = figuresOf(layout, mean, steps.length);
  return roundReports(run, { steps, figures, checksums, generator_before, ms, shares });
}
