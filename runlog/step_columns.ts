/**
 * What a summary keeps of every step: one growing column for each number, 104 bytes a step, so that means,
 * medians and curves over any window are exact, and a resume can take steps back.
 */
import type { RecordOf } from "./records.ts";

/** The columns. Times are in milliseconds; what a step does not have is NaN. */
export const COLUMNS = [
  "step",
  "generator_step",
  "epoch",
  "wasserstein_estimate",
  "loss_critic",
  /** NaN in steps without a generator step. */
  "loss_generator",
  "total",
  "wait",
  /** Part of `wait`: what the slowest worker spent computing. */
  "compute",
  "sum",
  "update",
  "send",
  /** Part of `total`: what is in no other. */
  "other",
] as const;
export type Column = typeof COLUMNS[number];

/** Time that the slowest worker of a step spent in ONNX Runtime, its threads side by side. */
function computeTime(step: RecordOf<"step">, threadsOf: (worker: string) => number): number {
  let slowest_ms = 0;
  for (const [worker, { shards, compute_ms }] of Object.entries(step.workers)) {
    const side_by_side = Math.max(1, Math.min(threadsOf(worker), shards));
    slowest_ms = Math.max(slowest_ms, compute_ms / side_by_side);
  }
  return Math.min(slowest_ms, step.ms.wait);
}

export class StepColumns {
  #length = 0;
  #columns = Object.fromEntries(
    COLUMNS.map((name) => [name, new Float64Array(1024)]),
  ) as Record<Column, Float64Array>;

  get length(): number {
    return this.#length;
  }

  /** The rows begin..end of a column; a view that the next `add` may leave behind. */
  column(name: Column, begin = 0, end = this.#length): Float64Array {
    return this.#columns[name].subarray(begin, Math.min(end, this.#length));
  }

  /** The last row's entry; null before the first. */
  last(name: Column): number | null {
    return this.#length === 0 ? null : this.#columns[name][this.#length - 1]!;
  }

  /** Adds a step. A step that is there already, and all after it, are taken back first. */
  add(record: RecordOf<"step">, threadsOf: (worker: string) => number): void {
    this.takeBackAfter(record.step - 1);
    if (this.#length === this.#columns.step.length) this.#grow();
    const { total, wait, sum, update, send } = record.ms;
    this.#append({
      step: record.step,
      generator_step: record.generator_step,
      epoch: record.epoch,
      wasserstein_estimate: record.wasserstein_estimate,
      loss_critic: record.loss_critic,
      loss_generator: record.generator?.loss ?? NaN,
      total,
      wait,
      compute: computeTime(record, threadsOf),
      sum,
      update,
      send,
      other: total - wait - sum - update - send,
    });
  }

  /** Takes back all steps larger than `step`. */
  takeBackAfter(step: number): void {
    while (this.#length > 0 && this.#columns.step[this.#length - 1]! > step) this.#length--;
  }

  #append(row: Record<Column, number>): void {
    for (const name of COLUMNS) this.#columns[name][this.#length] = row[name];
    this.#length++;
  }

  #grow(): void {
    for (const name of COLUMNS) {
      const larger = new Float64Array(2 * this.#length);
      larger.set(this.#columns[name]);
      this.#columns[name] = larger;
    }
  }
}
