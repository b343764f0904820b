/** Puts the recorder of a run together. */
import { UserError } from "../../common/errors.ts";
import type { Clock } from "../../wire/clock.ts";
import { Evaluator } from "../evaluation/evaluator.ts";
import { HeldOut } from "../evaluation/held_out.ts";
import { gradientStats } from "../evaluation/gradient_stats.ts";
import { numElements } from "../../common/shape.ts";
import { bestMeasure, metricsOf } from "../config/evaluation_config.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { JobRequest } from "../fleet/jobs.ts";
import type { FleetObserver } from "../fleet/observer.ts";
import type { Console } from "../terminal/console.ts";
import { fillClassLabels } from "../../random/class_labels.ts";
import type { SampleNoise } from "../../random/sample_noise.ts";
import { squareDecay } from "../../algorithm/optimizer.ts";
import { BestCheckpoint } from "./checkpoints/best_checkpoint.ts";
import { DISK, writeCheckpoint } from "./checkpoints/checkpoint.ts";
import { Checkpointer } from "./checkpoints/checkpointer.ts";
import { EvaluationSchedule } from "./evaluation_schedule.ts";
import type { FirstError } from "./first_error.ts";
import { generatorOf, Pictures } from "./pictures.ts";
import type { Prepared } from "./prepare.ts";
import { Recorder } from "./recorder.ts";
import type { RunLog } from "./records/run_log.ts";
import { SideJobs } from "./side_jobs.ts";

export interface RecorderOptions {
  readonly run: Prepared;
  readonly fleet: Fleet;
  readonly log: RunLog;
  readonly console: Console;
  /** Told where work beside the training fails. */
  readonly observer: Pick<FleetObserver, "fault">;
  readonly failure: FirstError;
  readonly clock: Clock;
  /** Since the start of the incarnation: the clock of its records. */
  readonly elapsed_ms: () => number;
}

export function openRecorder(options: RecorderOptions): Recorder {
  const { run, log, fleet } = options;
  const { config, state, data, estimates_distance } = run;
  const pictures = new Pictures(run), best = bestCheckpoint(run, pictures);
  const ask = (request: JobRequest) => fleet.jobs.ask(request, fleet.members);
  const jobs = new SideJobs({
    state,
    example_shape: data.data.example_shape,
    estimates_distance,
    pictures,
    evaluator: evaluatorOf(run, ask),
    best,
    held_out: new HeldOut(data, config.pac),
    drawLabels: data.class_counts &&
      ((count, use) => sampleLabels(config.seed, data.class_counts!, count, use)),
    log,
    ask,
    failed: (what, error) => sideJobFailed(options, what, error),
  });
  const schedule = new EvaluationSchedule({ ...config, evaluate_first: best !== null && !run.evaluated }, {
    vitals: () => recordGradientStats(run, log),
    sample: () => jobs.sample(),
    evaluate: () => jobs.evaluate(),
    scoreHeldOut: () => jobs.scoreHeldOut(),
  });
  const checkpointer = openCheckpointer(options, pictures, best);
  const { plan: { steps_per_epoch: batches } } = data;
  const parts = { ...options, config, state, batches, estimates_distance, file: run.log };
  return new Recorder({ ...parts, jobs, schedule, checkpointer });
}

/** Features are those of the graph, if there is one. */
function evaluatorOf(
  { config, data, facts: { manifest } }: Prepared,
  ask: (request: JobRequest) => Promise<Float32Array | null>,
): Evaluator {
  const size = numElements(data.data.example_shape), none = new Float32Array();
  const featuresOf = (input: Float32Array) =>
    ask({ kind: "features", count: input.length / size, noise_counter: 0, weights: none, input });
  const with_graph = manifest.num_features !== undefined;
  return new Evaluator(data.data, {
    metrics: metricsOf(config),
    featuresOf: with_graph ? featuresOf : null,
    plan: data.plan,
  });
}

/** null: it is not kept. */
function bestCheckpoint(run: Prepared, pictures: Pictures): BestCheckpoint | null {
  const measure = bestMeasure(run.config);
  if (measure === null || run.folder === null) return null;
  return new BestCheckpoint({
    measure,
    best: run.best?.measure === measure ? run.best : null,
    generator: () => generatorOf(run),
    write: (generator) => pictures.writeBest(generator),
  });
}

function sampleLabels(
  seed: number,
  class_counts: readonly number[],
  count: number,
  use: SampleNoise,
): Float32Array {
  const labels = new Float32Array(count);
  fillClassLabels(labels, class_counts, { seed, purpose: "sample_label", counter: use, shard: 0 });
  return labels;
}

function openCheckpointer(
  { run, fleet, log, clock, elapsed_ms }: RecorderOptions,
  pictures: Pictures,
  best: BestCheckpoint | null,
): Pick<Checkpointer, "committed" | "save"> {
  const { config, state, folder, facts, lock, run_record_sha256, checkpoint } = run;
  if (folder === null) return { committed: () => Promise.resolve(), save: () => Promise.resolve() };
  const seconds_before = checkpoint?.seconds ?? 0;
  return new Checkpointer({
    every: config.checkpoint_every,
    evaluate_every: best === null ? 0 : config.evaluate_every,
    saved_step: checkpoint?.step ?? null,
    state,
    log,
    clock,
    checkOwner: () => lock.check(),
    syncLog: () => run.log.sync(),
    write: async () => {
      const about = {
        run: facts.run,
        run_record_sha256,
        numeric_classes: [...fleet.classes],
        seconds: seconds_before + elapsed_ms() / 1000,
      };
      const info = await writeCheckpoint(
        folder.checkpoints,
        state,
        facts.manifest,
        about,
        DISK,
        best?.kept,
      );
      await pictures.writeNetworks();
      return info;
    },
  });
}

/** A full disk stops the run; whatever else fails is only noted. */
function sideJobFailed({ failure, observer }: RecorderOptions, what: string, error: unknown): void {
  if (error instanceof UserError) return failure.set(error);
  const reason = error instanceof Error ? error.message : String(error);
  observer.fault({ what, worker: null, decision: "left it out", reason });
}

function recordGradientStats({ state, facts, config }: Prepared, log: RunLog): void {
  const vitals = gradientStats(state, facts.manifest, {
    clip: config.clip,
    alpha: squareDecay(config.optimizer),
  });
  log.append({ type: "vitals", step: state.step, ...vitals });
}
