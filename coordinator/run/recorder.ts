/**
 * What a run leaves behind as it goes: log records, pictures, held-out costs, evaluations, checkpoints. Jobs run
 * beside the training and may fail; a checkpoint or a log that cannot be written stops it.
 */
import { UserError } from "../../common/errors.ts";
import { LineLimit } from "../../common/text/line_limit.ts";
import { bitsOf } from "../../common/numeric_class.ts";
import { things } from "../../common/text/things.ts";
import { objectiveOf } from "../../models/objectives/objectives.ts";
import type { RecordOf, RunRecord } from "../../runlog/records.ts";
import { writeCheckpoint } from "./checkpoint.ts";
import type { CheckpointInfo } from "./checkpoint_info.ts";
import type { Console } from "../terminal/console.ts";
import { Evaluator } from "../evaluation/evaluator.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { HeldOut } from "../evaluation/held_out.ts";
import type { Member } from "../fleet/member.ts";
import { weightsSha256 } from "../training/model_state.ts";
import type { FleetObserver } from "../fleet/observer.ts";
import { squareDecay } from "../training/optimizer.ts";
import { Pictures } from "./pictures.ts";
import type { Prepared } from "./prepare.ts";
import { RefusedPeers } from "../terminal/refused_peers.ts";
import { SideWork } from "./side_work.ts";
import type { Steered } from "../training/steering.ts";
import { isDone, type StepReport } from "../training/train.ts";
import { vitalsOf } from "../evaluation/vitals.ts";

/** The log is handed to the system this often. */
const FLUSH_MS = 1_000;
/** Default interval of checkpoints. */
const CHECKPOINT_MS = 60_000;
/** Lines about workers at once, and again in each period: one that comes and goes must not fill the terminal. */
const WORKER_LINES = 60;
const WORKER_LINES_MS = 10_000;

/** What is done beside the training, and how the log calls it where it fails. */
const FAILURES = {
  sample: "sampling failed",
  evaluation: "evaluation failed",
  heldout: "held-out scoring failed",
};

/** Finer times are noise, and make the log longer. */
function wholeMicroseconds(ms: number): number {
  return Math.round(1000 * ms) / 1000;
}

function mapValues<T extends object>(record: T, map: (value: number) => number): T {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value as number)])) as T;
}

/** Where records go besides the log. */
interface RecordSink {
  record(record: RunRecord): void;
}

export class Recorder implements FleetObserver {
  readonly #run: Prepared;
  readonly #live: RecordSink;
  readonly #console: Console;
  readonly #now_ms: () => number;
  readonly #pictures: Pictures;
  readonly #evaluator: Evaluator;
  readonly #held_out: HeldOut;
  readonly #estimates_distance: boolean;
  readonly #refused = new RefusedPeers();
  readonly #worker_lines = new LineLimit(WORKER_LINES, WORKER_LINES_MS);
  readonly #started_ms: number;
  readonly #seconds_before: number;
  readonly #side_work = new SideWork<keyof typeof FAILURES, RunRecord>(
    (record) => this.#append(record),
    (kind, error) => this.#sideWorkFailed(FAILURES[kind], error),
  );
  #fleet: Fleet | null = null;
  #bytes = { in: 0, out: 0 };
  #flushed_ms: number;
  #checkpointed_ms: number;
  #checkpointed_step: number;
  #failure: unknown = null;
  #ended = false;
  #stopped: string | null = null;
  /** Steps and time of this incarnation, from the start of its first step. */
  #first_step_ms: number | null = null;
  #steps = 0;

  /** `live` is told each record, too. */
  constructor(run: Prepared, console: Console, now_ms: () => number, live: RecordSink) {
    this.#run = run;
    this.#live = live;
    this.#console = console;
    this.#now_ms = now_ms;
    this.#pictures = new Pictures(run);
    this.#evaluator = new Evaluator(run.data.data);
    this.#held_out = new HeldOut(run.data);
    this.#estimates_distance = objectiveOf(run.config).estimates_distance;
    this.#started_ms = this.#flushed_ms = this.#checkpointed_ms = now_ms();
    this.#checkpointed_step = run.checkpoint?.step ?? -1;
    this.#seconds_before = run.checkpoint?.seconds ?? 0;
  }

  attach(fleet: Fleet): void {
    this.#fleet = fleet;
  }

  /** Since the start of the incarnation: the clock of its records. */
  get elapsed_ms(): number {
    return this.#now_ms() - this.#started_ms;
  }

  get #seconds(): number {
    return this.elapsed_ms / 1000;
  }

  // What the fleet tells.

  joined(member: Member): void {
    const { id: worker, name, provider, device, platform, threads, numeric_class } = member;
    this.#append({
      type: "worker_joined",
      worker,
      name,
      provider,
      device,
      platform,
      threads,
      numeric_class,
      time: new Date().toISOString(),
    });
    this.#countWorkers();
    this.#workerLine(`Worker ${worker} joined: ${name} (${device}, ${things(threads, "thread")})`);
  }

  left(member: Member, reason: string): void {
    const { id: worker, shards_computed } = member;
    this.#append({ type: "worker_left", worker, reason, shards_computed, time: new Date().toISOString() });
    this.#countWorkers();
    this.#workerLine(`Worker ${worker} left: ${reason}`);
  }

  fault(fault: { what: string; worker: number | null; decision: string; reason: string }): void {
    this.#append({ type: "fault", step: this.#run.state.step, ...fault });
    const who = fault.worker === null ? "" : ` (worker ${fault.worker})`;
    const what = fault.what.charAt(0).toUpperCase() + fault.what.slice(1);
    // Why a worker left was said when it left.
    const gone = fault.worker !== null && !this.#fleet?.members.some(({ id }) => id === fault.worker);
    this.#workerLine(`${what}${who}: ${fault.decision}${gone ? "" : `. ${fault.reason}`}`);
  }

  /** Nobody sees the console any more: it goes on, and the log says so. */
  consoleLost(reason: string): void {
    if (this.#ended) return;
    this.fault({ what: "console lost", worker: null, decision: "went on without it", reason });
  }

  refused(peer: string, reason: string): void {
    const line = this.#refused.line(peer, reason, this.#now_ms());
    if (line !== null) this.#console.line(line);
  }

  #workerLine(text: string): void {
    const line = this.#worker_lines.admit(text, this.#now_ms());
    if (line !== null) this.#console.line(line);
  }

  #countWorkers(): void {
    this.#console.num_workers = this.#fleet?.members.length ?? 0;
  }

  // What the training tells.

  /** Before the first step: pictures of the data and of the untrained generator, and its distance. */
  start(): void {
    if (this.#run.state.step === 0) {
      this.#sample();
      this.#evaluate();
    }
    this.#first_step_ms = this.#now_ms();
  }

  async committed(report: StepReport): Promise<void> {
    this.#steps++;
    this.#append(this.#stepRecord(report));
    this.#console.step(report);
    for (const steered of report.steered) this.#steered(report.step, steered);
    const { config } = this.#run;
    const last = isDone(config, this.#run.state);
    const due = (every: number) => !last && every > 0 && report.step % every === 0;
    if (due(config.evaluate_every)) this.#evaluate();
    if (due(config.sample_every)) {
      this.#sample();
      this.#scoreHeldOut();
      this.#console.progressLine(report);
    }
    if (!last && this.#checkpointDue(report.step)) await this.checkpoint();
    const now_ms = this.#now_ms();
    if (now_ms - this.#flushed_ms >= FLUSH_MS) {
      this.#flushed_ms = now_ms;
      this.#run.log.flush().catch((error: unknown) => this.#failure ??= error);
    }
    if (this.#failure !== null) throw this.#failure;
  }

  /** After the last step: the last pictures and figures. Waits for what is still under way. */
  async finish(): Promise<void> {
    this.#sample();
    this.#evaluate();
    await this.#side_work.ended();
  }

  /** Saves the state, unless this very step has been saved. Throws {@linkcode UserError} if it cannot. */
  async checkpoint(): Promise<CheckpointInfo | null> {
    const { state, folder, facts, log, lock, run_record_sha256 } = this.#run;
    await lock.check();
    if (this.#checkpointed_step === state.step) return null;
    // The log first: a checkpoint is never ahead of it.
    await log.sync();
    const weights_sha256 = weightsSha256(state);
    const info = await writeCheckpoint(folder.checkpoints, state, facts.manifest, {
      run: facts.run,
      run_record_sha256,
      numeric_classes: this.numeric_classes,
      seconds: this.#seconds_before + this.#seconds,
    });
    await this.#pictures.writeGenerator();
    const { step, file, sha256, bytes } = info;
    this.#append({ type: "checkpoint", step, file: `checkpoints/${file}`, sha256, bytes, weights_sha256 });
    this.#checkpointed_step = step;
    this.#checkpointed_ms = this.#now_ms();
    return info;
  }

  /** Stops the run after the step under way. */
  fail(error: unknown): void {
    this.#failure ??= error;
  }

  /** Why the run decided to stop; null while it has not. */
  get stopped(): string | null {
    return this.#stopped;
  }

  get numeric_classes(): readonly string[] {
    return this.#fleet ? [...this.#fleet.classes] : [];
  }

  /** The last record. Nothing may be appended after it. */
  async end(reason: RecordOf<"end">["reason"], detail: string): Promise<RecordOf<"end">> {
    this.#ended = true;
    this.#evaluator.close();
    const { state, config } = this.#run;
    const numeric_classes = [...this.numeric_classes];
    const training_s = this.#first_step_ms === null ? 0 : (this.#now_ms() - this.#first_step_ms) / 1000;
    const record: RecordOf<"end"> = {
      type: "end",
      reason,
      detail,
      step: state.step,
      generator_steps: state.generator_step,
      weights_sha256: weightsSha256(state),
      bits: bitsOf(numeric_classes),
      numeric_classes,
      examples_used: state.step * config.batch,
      seconds: this.#seconds,
      images_per_second: training_s > 0 ? this.#steps * config.batch / training_s : 0,
    };
    this.#append(record);
    await this.#run.log.close();
    return record;
  }

  #append(record: RunRecord): void {
    this.#run.log.append(record);
    this.#live.record(record);
  }

  #steered(step: number, steered: Steered): void {
    this.#append({ type: "steered", step, ...steered });
    // The last words of the run tell why it stopped.
    if (steered.rule === "stop-when-flat") this.#stopped = `${steered.decision}. ${steered.reason}`;
    else this.#console.line(`Step ${step}, --${steered.rule}: ${steered.decision}. ${steered.reason}`);
  }

  #stepRecord(report: StepReport): RecordOf<"step"> {
    const { shares, ms, steered: _steered, ...facts } = report;
    const now = this.#fleet!.bytes;
    const before = this.#bytes;
    this.#bytes = now;
    return {
      type: "step",
      ...facts,
      ms: mapValues(ms, wholeMicroseconds),
      batches: this.#run.data.plan.steps_per_epoch,
      ...this.#estimates_distance && { wasserstein_estimate: report.mean_real - report.mean_fake },
      workers: Object.fromEntries(
        [...shares].map(([id, share]) => [id, mapValues(share, wholeMicroseconds)]),
      ),
      bytes_in: now.in - before.in,
      bytes_out: now.out - before.out,
      time_ms: wholeMicroseconds(this.elapsed_ms),
    };
  }

  #checkpointDue(step: number): boolean {
    const every = this.#run.config.checkpoint_every;
    if (every === 0) return false;
    return every === null ? this.#now_ms() - this.#checkpointed_ms >= CHECKPOINT_MS : step % every === 0;
  }

  /** A full disk stops the run; whatever else fails is only noted. */
  #sideWorkFailed(what: string, error: unknown): void {
    // What the end of the run cuts off is no fault.
    if (this.#ended) return;
    if (error instanceof UserError) this.#failure ??= error;
    else {
      const reason = error instanceof Error ? error.message : String(error);
      this.fault({ what, worker: null, decision: "left it out", reason });
    }
  }

  #sample(): void {
    const { step } = this.#run.state;
    this.#recordVitals();
    this.#side_work.begin("sample", async () => {
      const values = await this.#draw(this.#pictures.count, 0);
      if (!values) return null;
      const file = await this.#pictures.write(step, values);
      const diversity = this.#pictures.diversity(values);
      return { type: "sample", step, file, ...diversity !== null && { diversity } };
    });
  }

  #recordVitals(): void {
    const { state, facts, config } = this.#run;
    if (state.step === 0) return;
    const vitals = vitalsOf(state, facts.manifest, {
      clip: config.clip,
      alpha: squareDecay(config.optimizer),
    });
    this.#append({ type: "vitals", step: state.step, ...vitals });
  }

  #evaluate(): void {
    const { step } = this.#run.state;
    this.#side_work.begin("evaluation", async () => {
      const values = await this.#draw(this.#evaluator.num_samples, 1);
      return values && { type: "evaluation", step, ...await this.#evaluator.judge(values) };
    });
  }

  #draw(count: number, noise_counter: number): Promise<Float32Array | null> {
    const { generator: { kept: weights }, statistics: input } = this.#run.state;
    const request = { kind: "sample", count, noise_counter, weights, input } as const;
    return this.#fleet!.jobs.ask(request, this.#fleet!.members);
  }

  #scoreHeldOut(): void {
    if (this.#held_out.count === 0) return;
    const { step, critic } = this.#run.state;
    const weights = critic.kept.slice();
    this.#side_work.begin("heldout", async () => {
      const samples = await this.#draw(this.#held_out.count, 2);
      if (!samples) return null;
      const input = this.#held_out.input(samples);
      const { example_shape } = this.#run.data.data;
      const count = input.length / example_shape.reduce((product, extent) => product * extent, 1);
      const request = { kind: "score", count, noise_counter: 0, weights, input } as const;
      const scores = await this.#fleet!.jobs.ask(request, this.#fleet!.members);
      if (!scores) return null;
      const { critic_cost, ...means } = this.#held_out.figures(scores);
      return { type: "heldout", step, ...this.#estimates_distance && { critic_cost }, ...means };
    });
  }
}
