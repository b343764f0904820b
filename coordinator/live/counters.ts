/**
 * Totals of this start of the coordinator: counts since its start, and how its last steps went. Fed with
 * the records as they are written; a few additions for each.
 */
import { RecentMean } from "../../common/recent_mean.ts";
import type { RecordOf, RunRecord } from "../../runlog/records.ts";

/** Steps over which shown numbers are means. */
export const WINDOW_STEPS = 200;
/** Steps over which the speed is measured. */
const SPEED_STEPS = 256;

export const STEP_PHASES = ["wait", "sum", "update", "send", "other"] as const;
export type StepPhase = typeof STEP_PHASES[number];

/** Times of a worker in a mean step, in milliseconds: they add up to the step. */
export interface WorkerSplit {
  /** In ONNX Runtime, its threads side by side. */
  readonly compute_ms: number;
  /** Its work, weights and answer on the way. */
  readonly wire_ms: number;
  /** For other workers and for the coordinator. */
  readonly wait_ms: number;
}

export class WorkerCounters {
  readonly #compute = new RecentMean(WINDOW_STEPS);
  readonly #wire = new RecentMean(WINDOW_STEPS);
  readonly #wait = new RecentMean(WINDOW_STEPS);
  shards = 0;
  /** Summed over its shards. */
  compute_ms = 0;
  num_steps = 0;
  constructor(public joined: RecordOf<"worker_joined">) {}

  /** It is a relay, with so many threads behind it. */
  relayed({ threads }: RecordOf<"relay_workers">): void {
    this.joined = { ...this.joined, threads };
  }

  step(record: RecordOf<"step">): void {
    const share = record.workers[this.joined.worker];
    const { total } = record.ms;
    if (!share) return this.#split(0, 0, total);
    this.num_steps++;
    this.shards += share.shards;
    this.compute_ms += share.compute_ms;
    // A generator step computes every shard once more, on the same threads.
    const at_once = record.generator ? share.shards / 2 : share.shards;
    const compute_ms = share.compute_ms / Math.max(1, Math.min(this.joined.threads, at_once));
    const elapsed_ms = Math.max(share.elapsed_ms, compute_ms);
    const wire_ms = Math.max(0, (share.answered_ms ?? elapsed_ms) - elapsed_ms);
    this.#split(compute_ms, wire_ms, Math.max(0, total - compute_ms - wire_ms));
  }

  #split(compute_ms: number, wire_ms: number, wait_ms: number): void {
    this.#compute.add(compute_ms);
    this.#wire.add(wire_ms);
    this.#wait.add(wait_ms);
  }

  /** null before its first step. */
  get split(): WorkerSplit | null {
    const compute_ms = this.#compute.value;
    if (Number.isNaN(compute_ms)) return null;
    return { compute_ms, wire_ms: this.#wire.value, wait_ms: this.#wait.value };
  }
}

export class RunCounters {
  steps = 0;
  generator_steps = 0;
  readonly phases_ms: Record<StepPhase, number> = { wait: 0, sum: 0, update: 0, send: 0, other: 0 };
  bytes_in = 0;
  bytes_out = 0;
  faults = 0;
  checkpoints = 0;
  /** Those that are in, by number. */
  readonly workers = new Map<number, WorkerCounters>();
  readonly #gap = new RecentMean(WINDOW_STEPS);
  readonly #loss_critic = new RecentMean(WINDOW_STEPS);
  readonly #loss_generator = new RecentMean(WINDOW_STEPS);
  readonly #step = new RecentMean(WINDOW_STEPS);
  /** When the last steps were committed, on the incarnation's clock. */
  readonly #times_ms = new Float64Array(SPEED_STEPS);
  last: RecordOf<"step"> | null = null;
  end: RecordOf<"end"> | null = null;

  add(record: RunRecord): void {
    switch (record.type) {
      case "step":
        return this.#takeStep(record);
      case "worker_joined":
        return void this.workers.set(record.worker, new WorkerCounters(record));
      case "relay_workers":
        return this.workers.get(record.worker)?.relayed(record);
      case "worker_left":
        return void this.workers.delete(record.worker);
      case "fault":
        return void this.faults++;
      case "checkpoint":
        return void this.checkpoints++;
      case "end":
        this.end = record;
    }
  }

  #takeStep(record: RecordOf<"step">): void {
    const { total, wait, sum, update, send } = record.ms;
    this.#times_ms[this.steps++ % SPEED_STEPS] = record.time_ms;
    this.phases_ms.wait += wait;
    this.phases_ms.sum += sum;
    this.phases_ms.update += update;
    this.phases_ms.send += send;
    this.phases_ms.other += total - wait - sum - update - send;
    this.bytes_in += record.bytes_in;
    this.bytes_out += record.bytes_out;
    this.#gap.add(record.mean_real - record.mean_fake);
    this.#loss_critic.add(record.loss_critic);
    this.#step.add(total);
    if (record.generator) {
      this.generator_steps++;
      this.#loss_generator.add(record.generator.loss);
    }
    for (const worker of this.workers.values()) worker.step(record);
    this.last = record;
  }

  /** Means over the last steps, null before the first; `gap`: mean D(x) - mean D(G(z)). */
  get means(): Readonly<Record<"gap" | "loss_critic" | "loss_generator" | "step_ms", number | null>> {
    const value = (mean: RecentMean) => Number.isNaN(mean.value) ? null : mean.value;
    return {
      gap: value(this.#gap),
      loss_critic: value(this.#loss_critic),
      loss_generator: value(this.#loss_generator),
      step_ms: value(this.#step),
    };
  }

  /** Steps per second lately; `now_ms` on the incarnation's clock. Falls while no step comes. null before two steps. */
  speed(now_ms: number): number | null {
    const count = Math.min(this.steps, SPEED_STEPS);
    if (count < 2) return null;
    const newest_ms = this.#times_ms[(this.steps - 1) % SPEED_STEPS]!;
    const oldest_ms = this.#times_ms[(this.steps - count) % SPEED_STEPS]!;
    const usual_ms = (newest_ms - oldest_ms) / (count - 1);
    // Time that has passed since the last step counts once it is longer than a step usually is.
    const idle_ms = Math.max(0, now_ms - newest_ms - usual_ms);
    return 1000 * (count - 1) / (newest_ms - oldest_ms + idle_ms);
  }
}
