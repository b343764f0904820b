/** The sum of a run's log: a fold over its records. What `inspect RUN --json` prints. */
import { insert, upTo } from "./entries.ts";
import { saidOf } from "./said.ts";
import { cleanDeep } from "../../common/text/foreign_text.ts";
import { bitsOf } from "../../common/numeric_class.ts";
import { deviationOf, errorOf, meanOf } from "./moments.ts";
import type { SkippedLines } from "../log/reader.ts";
import type { RecordOf, RunRecord } from "../records.ts";
import { mean, medianOf, standardError } from "./statistics.ts";
import { factsOf, type StepFacts } from "../log/step_facts.ts";
import {
  type CurvePoint,
  type Entry,
  type HealthStretch,
  type Phase,
  PHASES,
  type RunState,
} from "./summary_parts.ts";
import { StepColumns } from "./step_columns.ts";
import { Throughput } from "./throughput.ts";
import { type WorkerMeans, workerMeans, WorkerTable, type WorkerTotals } from "./worker_totals.ts";

/** Losses and estimate are means over this many last steps. */
export const WINDOW_STEPS = 200;
/** Points of a curve, about. */
const CURVE_POINTS = 60;
/** Stretches that the doctor looks at. */
const HEALTH_STRETCHES = 16;
/** Vitals that are kept; with more, every second one goes. */
const MAX_VITALS = 256;
/** The last ones are listed; all are counted. */
const MAX_FAULTS = 100;

/**
 * Summary of a run's log.
 *
 * @example
 * ```ts
 * import type { Summary } from "@wagon/wagon/runlog";
 *
 * const titleOf = ({ steps, weights_sha256 }: Pick<Summary, "steps" | "weights_sha256">) =>
 *   `${steps} steps, weights ${weights_sha256 ?? "not saved"}`;
 * console.log(titleOf({ steps: 5, weights_sha256: null }));
 * ```
 */
export interface Summary {
  /** Identifier of the run. */
  readonly run: string;
  /** What a person calls it. */
  readonly name: string | null;
  /** What a person said of it last. */
  readonly note: string | null;
  /** Version of the run folder. */
  readonly format: number;
  /** When it began: ISO 8601, UTC. */
  readonly created: string;
  /** How it stands. */
  readonly state: RunState;
  /** The coordinator's last message; null while there is none. */
  readonly detail: string | null;
  /** Critic steps and generator steps so far. */
  readonly steps: number;
  /** Generator steps so far. */
  readonly generator_steps: number;
  /** Epoch of the last step, counted from 1; 0 before the first. */
  readonly epoch: number;
  /** Steps of an epoch; null before the first step. */
  readonly epoch_steps: number | null;
  /** Hash of the final weights; if the run has not ended, of its last checkpoint (`weights_step` has the step). */
  readonly weights_sha256: string | null;
  /** Hash of the averaged generator of that step; null where there is none. */
  readonly averaged_sha256: string | null;
  /** Place where it was written. */
  readonly weights_from: "end" | "checkpoint" | null;
  /** Step of the weights. */
  readonly weights_step: number | null;
  /** True if the same options give the same bits again; null before the first result. */
  readonly bits: "exact" | "tolerance" | null;
  /** Those that contributed to the weights. */
  readonly numeric_classes: readonly string[];
  /** Means of the last WINDOW_STEPS steps; the generator's of the generator steps among them. */
  readonly loss_critic: number | null;
  /** Mean loss of the generator. */
  readonly loss_generator: number | null;
  /** null where the objective estimates no distance. */
  readonly wasserstein_estimate: number | null;
  /** Standard error of that mean. */
  readonly wasserstein_estimate_error: number | null;
  /** Mean D(x) - mean D(G(z)) over the same window, whatever the objective. */
  readonly score_gap: number | null;
  /** Real examples shown to the critic: steps times batch. An example counts again in each epoch. */
  readonly examples_used: number | null;
  /** Over the whole run, start-up left out. */
  readonly images_per_second: number | null;
  /** Seconds that the coordinator ran, over all incarnations. */
  readonly seconds: number;
  /** Starts of its coordinator. */
  readonly incarnations: number;
  /** All that took part. */
  readonly workers: readonly (WorkerTotals & WorkerMeans)[];
  /** By phase; see the step record. `compute`, the slowest worker's computing, is part of `wait`. */
  readonly timings: Readonly<Record<Phase, { mean_ms: number | null; median_ms: number | null }>>;
  /** Received over all connections. */
  readonly bytes_in: number;
  /** Sent over all connections. */
  readonly bytes_out: number;
  /** Saved states. */
  readonly checkpoints: readonly Entry<"checkpoint">[];
  /** The checkpoint that is best by the figure of --keep-best; null: none is kept. */
  readonly best: Entry<"best"> | null;
  /** Pictures of samples. */
  readonly samples: readonly Entry<"sample">[];
  /** Distances to the data. */
  readonly evaluations: readonly Entry<"evaluation">[];
  /** Scores of examples that were never trained on. */
  readonly heldout: readonly Entry<"heldout">[];
  /** Thinned out in a long run. */
  readonly vitals: readonly Entry<"vitals">[];
  /** The run's own decisions. */
  readonly steered: readonly Entry<"steered">[];
  /** Faults that were dealt with. */
  readonly num_faults: number;
  /** The last ones. */
  readonly faults: readonly Entry<"fault">[];
  /** As it is now: with what resumes changed. */
  readonly config: RecordOf<"run">["config"];
  /** Its data. */
  readonly data: RecordOf<"run">["data"];
  /** Versions of wagon, Deno and V8. */
  readonly versions: RecordOf<"run">["versions"];
  /** By network. */
  readonly num_parameters: RecordOf<"run">["num_parameters"];
  /** The course of the estimate. */
  readonly estimate_curve: readonly CurvePoint[];
  /** The whole run in stretches of equal length, coarser than the curve; those of fewer than two steps left out. */
  readonly stretches: readonly HealthStretch[];
  /** Parts of the log that were skipped. */
  readonly log: SkippedLines;
}

/** The entry of a record: what it says, without its type. */
function entryOf<R extends { readonly type: string }>({ type: _type, ...entry }: R): Omit<R, "type"> {
  return entry;
}

/** Takes the records of one run, one after the other, and sums them up at any time. */
export class RunFold {
  #run: RecordOf<"run"> | null = null;
  #epoch_steps: number | null = null;
  #end: RecordOf<"end"> | null = null;
  #incarnations = 1;
  #note: string | undefined;
  /** Settings that a resume changed. */
  readonly #changed = new Map<string, unknown>();
  #bytes = { in: 0, out: 0 };
  #num_faults = 0;
  #faults: Entry<"fault">[] = [];
  #entries: {
    checkpoint: Entry<"checkpoint">[];
    best: Entry<"best">[];
    sample: Entry<"sample">[];
    evaluation: Entry<"evaluation">[];
    heldout: Entry<"heldout">[];
    vitals: Entry<"vitals">[];
    steered: Entry<"steered">[];
  } = { checkpoint: [], best: [], sample: [], evaluation: [], heldout: [], vitals: [], steered: [] };
  readonly #steps: StepColumns;
  readonly #workers = new WorkerTable();
  readonly #throughput = new Throughput();
  readonly #threadsOf = (worker: number) => this.#workers.threadsOf(worker);

  /** `max_steps`: so many steps are kept as they were, a power of two; with fewer a sum is made faster. */
  constructor(max_steps?: number) {
    this.#steps = new StepColumns(max_steps);
  }

  add(record: RunRecord): void {
    switch (record.type) {
      case "run":
        return void (this.#run ??= record);
      case "resume":
        return this.#resume(record);
      case "worker_joined":
        return this.#workers.joined(record);
      case "relay_workers":
        return this.#workers.relayed(record);
      case "worker_left":
        return this.#workers.left(record);
      case "step":
        return this.addStep(factsOf(record));
      case "round":
        return;
      case "heldout":
        return insert(this.#entries.heldout, entryOf(record));
      case "evaluation":
        return insert(this.#entries.evaluation, entryOf(record));
      case "checkpoint":
        return void this.#entries.checkpoint.push(entryOf(record));
      case "best":
        return void this.#entries.best.push(entryOf(record));
      case "sample":
        return insert(this.#entries.sample, entryOf(record));
      case "vitals":
        return this.#vitals(record);
      case "steered":
        return void this.#entries.steered.push(entryOf(record));
      case "fault":
        return this.#fault(record);
      case "end":
        this.#end = record;
        return this.#throughput.end(record);
    }
    record satisfies never;
  }

  /** Adds a step of which only this much is known. Nothing of `facts` is kept. */
  addStep(facts: StepFacts): void {
    this.#epoch_steps = facts.batches;
    this.#bytes.in += facts.bytes_in;
    this.#bytes.out += facts.bytes_out;
    this.#steps.add(facts, this.#threadsOf);
    this.#workers.step(facts);
    this.#throughput.step(facts);
  }

  #fault(record: RecordOf<"fault">): void {
    this.#num_faults++;
    this.#faults.push(entryOf(record));
    if (this.#faults.length > MAX_FAULTS) this.#faults.shift();
  }

  #vitals(record: RecordOf<"vitals">): void {
    const { vitals } = this.#entries;
    vitals.push(entryOf(record));
    if (vitals.length > MAX_VITALS) this.#entries.vitals = vitals.filter((_, i) => i % 2 === 1);
  }

  /** Steps after the one that the run resumes from are dropped, but their work and time count. */
  #resume({ step, incarnation, changed, note }: RecordOf<"resume">): void {
    this.#note = note ?? this.#note;
    for (const [key, [, now]] of Object.entries(changed)) this.#changed.set(key, now);
    this.#incarnations++;
    this.#end = null;
    this.#steps.takeBackAfter(step);
    this.#workers.nextIncarnation(incarnation);
    this.#throughput.nextIncarnation();
    const { checkpoint, best, sample, evaluation, heldout, vitals, steered } = this.#entries;
    this.#entries = {
      checkpoint: upTo(step, checkpoint),
      best: upTo(step, best),
      sample: upTo(step, sample),
      evaluation: upTo(step, evaluation),
      heldout: upTo(step, heldout),
      vitals: upTo(step, vitals),
      steered: upTo(step, steered),
    };
  }

  /** All text in it is cleaned. `recent`: whether the log was written to so lately that its coordinator may well be running. */
  summary(recent: boolean, log: SkippedLines): Summary {
    if (!this.#run) throw new Error("A summary needs the run record, and no record was added");
    const { run, name, note, format, created, config, data, versions, num_parameters } = this.#run;
    const { checkpoint, best, sample, evaluation, heldout, vitals, steered } = this.#entries;
    return cleanDeep({
      run,
      ...saidOf(name, this.#note ?? note),
      format,
      created,
      state: this.#end?.reason ?? (recent ? "running" : "unknown"),
      // Older logs may say again that the run was interrupted.
      detail: this.#end && (this.#end.detail === this.#end.reason ? "" : this.#end.detail),
      ...this.#progress(),
      ...this.#weights(),
      ...this.#bits(),
      ...this.#means(),
      incarnations: this.#incarnations,
      workers: this.#workers.all.map((worker) => ({
        ...worker,
        ...workerMeans(worker),
      })),
      timings: this.#timings(),
      bytes_in: this.#bytes.in,
      bytes_out: this.#bytes.out,
      checkpoints: checkpoint,
      best: best.at(-1) ?? null,
      samples: sample,
      evaluations: evaluation,
      heldout,
      vitals,
      steered,
      num_faults: this.#num_faults,
      faults: this.#faults,
      config: { ...config, ...Object.fromEntries(this.#changed) },
      data,
      versions,
      num_parameters,
      estimate_curve: this.#curve(),
      stretches: this.#stretches(),
      log,
    });
  }

  #progress() {
    // The end knows better than a log that lost a line.
    const steps = this.#end?.step ?? this.#steps.last("step") ?? 0;
    const epoch = this.#steps.last("epoch");
    const batch = typeof this.#run?.config.batch === "number" ? this.#run.config.batch : null;
    const speed = this.#throughput.steps_per_second;
    return {
      steps,
      generator_steps: this.#end?.generator_steps ?? this.#steps.last("generator_step") ?? 0,
      epoch: epoch === null ? 0 : epoch + 1,
      epoch_steps: this.#epoch_steps,
      examples_used: batch === null ? null : steps * batch,
      images_per_second: batch === null || speed === null ? null : speed * batch,
      seconds: this.#throughput.seconds,
    };
  }

  #weights(): Pick<Summary, "weights_sha256" | "averaged_sha256" | "weights_from" | "weights_step"> {
    const last = this.#end ?? this.#entries.checkpoint.at(-1);
    const { weights_sha256 = null, averaged_sha256 = null, step = null } = last ?? {};
    if (weights_sha256 === null) {
      return { weights_sha256, averaged_sha256, weights_from: null, weights_step: null };
    }
    const weights_from = this.#end ? "end" : "checkpoint";
    return { weights_sha256, averaged_sha256, weights_from, weights_step: step };
  }

  #bits(): Pick<Summary, "bits" | "numeric_classes"> {
    if (this.#end) return { bits: this.#end.bits, numeric_classes: this.#end.numeric_classes };
    const { numeric_classes } = this.#workers;
    return { bits: numeric_classes.length === 0 ? null : bitsOf(numeric_classes), numeric_classes };
  }

  #means() {
    const begin = Math.max(0, this.#steps.length - WINDOW_STEPS);
    const estimate = this.#steps.column("wasserstein_estimate", begin);
    return {
      loss_critic: mean(this.#steps.column("loss_critic", begin)),
      loss_generator: mean(this.#steps.column("loss_generator", begin)),
      wasserstein_estimate: mean(estimate),
      wasserstein_estimate_error: standardError(estimate),
      score_gap: mean(this.#steps.column("score_gap", begin)),
    };
  }

  /** Means over all steps, medians over the last ones (all that are kept). */
  #timings(): Summary["timings"] {
    const timings = PHASES.map((phase) => {
      return [phase, {
        mean_ms: this.#steps.mean(phase),
        median_ms: medianOf(this.#steps.column(phase)),
      }] as const;
    });
    return Object.fromEntries(timings) as Summary["timings"];
  }

  #curve(): CurvePoint[] {
    return this.#steps.stretches(CURVE_POINTS).map((stretch) => ({
      step: stretch.last_step,
      wasserstein_estimate: meanOf(stretch.of("wasserstein_estimate")),
      score_gap: meanOf(stretch.of("score_gap")),
      loss_critic: meanOf(stretch.of("loss_critic")),
      loss_generator: meanOf(stretch.of("loss_generator")),
    }));
  }

  #stretches(): HealthStretch[] {
    return this.#steps.stretches(HEALTH_STRETCHES).flatMap((stretch) => {
      const { first_step, last_step, num_steps } = stretch;
      const estimate = stretch.of("wasserstein_estimate");
      const [mean, deviation, error] = [meanOf(estimate), deviationOf(estimate), errorOf(estimate)];
      if (mean === null || deviation === null || error === null) return [];
      return [{ first_step, last_step, num_steps, mean, deviation, error, low: estimate.low }];
    });
  }
}
