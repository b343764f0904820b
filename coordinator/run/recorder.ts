/**
 * Records a run step by step: hands each report to the log, the schedule and the checkpointer, in this
 * order. Jobs run beside the training and may fail; a checkpoint or a log that cannot be written stops it.
 */
import type { RecordOf } from "../../runlog/records.ts";
import type { LogWriter } from "../../runlog/log/writer.ts";
import type { Clock } from "../../wire/clock.ts";
import type { RunConfig } from "../config/config.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { Console } from "../terminal/console.ts";
import type { ModelState } from "../training/model_state.ts";
import type { Steered } from "../training/run_control.ts";
import { isDone, type StepReport } from "../training/train.ts";
import type { Checkpointer } from "./checkpoints/checkpointer.ts";
import type { EvaluationSchedule } from "./evaluation_schedule.ts";
import type { FirstError } from "./first_error.ts";
import { endRecord } from "./records/end_record.ts";
import type { RunLog } from "./records/run_log.ts";
import { stepRecord } from "./records/step_record.ts";
import { type Measures, Stretch } from "./records/stretch.ts";
import type { SideJobs } from "./side_jobs.ts";

export interface RecorderParts {
  readonly config: Pick<RunConfig, "batch" | "steps" | "stop_when_flat">;
  readonly state: ModelState;
  /** Batches of an epoch. */
  readonly batches: number;
  readonly estimates_distance: boolean;
  readonly fleet: Pick<Fleet, "bytes" | "classes">;
  readonly console: Pick<Console, "progressLine">;
  readonly clock: Pick<Clock, "now_ms">;
  /** Since the start of the incarnation: the clock of its records. */
  readonly elapsed_ms: () => number;
  readonly log: RunLog;
  readonly file: Pick<LogWriter, "close">;
  readonly jobs: Pick<SideJobs, "ended" | "close">;
  readonly schedule: EvaluationSchedule;
  readonly checkpointer: Pick<Checkpointer, "committed" | "save">;
  /** The event that stops the run after the step under way. */
  readonly failure: FirstError;
}

export class Recorder {
  readonly #parts: RecorderParts;
  readonly #stretch = new Stretch({ in: 0, out: 0, elapsed_ms: 0 });
  #stopped: string | null = null;
  /** Steps and time of this incarnation, from the start of its first step. */
  #first_step_ms: number | null = null;
  #steps = 0;

  constructor(parts: RecorderParts) {
    this.#parts = parts;
  }

  /** Why the run decided to stop; null while it has not. */
  get stopped(): string | null {
    return this.#stopped;
  }

  /** Before the first step: pictures of the data and of the untrained generator, and its distance. */
  start(): void {
    const { schedule, state, clock } = this.#parts;
    schedule.begin(state.step);
    this.#stretch.begin(this.#parts.elapsed_ms());
    this.#first_step_ms = clock.now_ms();
  }

  /** After each step. Throws what the run must stop for. */
  async committed(report: StepReport): Promise<void> {
    const { config, state, log, console: terminal, schedule, checkpointer, failure } = this.#parts;
    const { step, round } = report;
    this.#steps++;
    log.append(this.#stepRecord(report));
    for (const steered of report.steered) this.#steered(step, steered);
    // Within a round there is no state of the run, and its other steps belong into the log, whatever happens.
    if (round?.end === null) return;
    if (round) log.append({ type: "round", step, steps: round.steps, ...round.end });
    if (!isDone(config, state)) {
      const num_steps = round?.steps ?? 1;
      if (schedule.committed(step, num_steps)) terminal.progressLine(report);
      await checkpointer.committed(step, num_steps);
    }
    failure.rethrow();
  }

  /** After the last step: the last pictures and figures. Waits for what is still under way. */
  async finish(): Promise<void> {
    this.#parts.schedule.end();
    await this.#parts.jobs.ended();
  }

  /** Saves the state, unless this very step has been saved. Throws {@linkcode UserError} if it cannot. */
  save(): Promise<void> {
    return this.#parts.checkpointer.save();
  }

  /** Writes the last record and closes the log. Throws {@linkcode UserError} if it cannot be written. */
  async end(reason: RecordOf<"end">["reason"], detail: string): Promise<RecordOf<"end">> {
    const { config, state, fleet, clock, elapsed_ms, log, file, jobs } = this.#parts;
    const training_ms = this.#first_step_ms === null ? 0 : clock.now_ms() - this.#first_step_ms;
    const record = endRecord(reason, detail, state, {
      batch: config.batch,
      numeric_classes: [...fleet.classes],
      seconds: elapsed_ms() / 1000,
      steps: this.#steps,
      training_seconds: training_ms / 1000,
    });
    log.append(record);
    // What this cuts off is no fault, and is not said after the last record.
    jobs.close();
    await file.close();
    return record;
  }

  #steered(step: number, steered: Steered): void {
    this.#parts.log.append({ type: "steered", step, ...steered });
    if (steered.rule === "stop-when-flat") this.#stopped = `${steered.decision}. ${steered.reason}`;
  }

  #measures(): Measures {
    return { ...this.#parts.fleet.bytes, elapsed_ms: this.#parts.elapsed_ms() };
  }

  #stepRecord(report: StepReport): RecordOf<"step"> {
    const { batches, estimates_distance } = this.#parts;
    const { index, steps } = report.round ?? { index: 0, steps: 1 };
    if (index === 0) this.#stretch.measure(this.#measures());
    const { elapsed_ms, ...bytes } = this.#stretch.part(index, steps);
    return stepRecord(report, { batches, estimates_distance, bytes, elapsed_ms });
  }
}
