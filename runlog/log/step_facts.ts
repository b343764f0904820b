/** Numbers that a summary takes from a step, the same from the log as from its sidecar. */
import type { RecordOf } from "../records.ts";

export interface StepFacts {
  step: number;
  generator_step: number;
  epoch: number;
  batches: number;
  loss_critic: number;
  mean_real: number;
  mean_fake: number;
  /** NaN where the objective estimates no distance. */
  wasserstein_estimate: number;
  /** NaN in steps without a generator step. */
  loss_generator: number;
  /** Milliseconds; see the step record. */
  total: number;
  wait: number;
  sum: number;
  update: number;
  send: number;
  bytes_in: number;
  bytes_out: number;
  time_ms: number;
  /** `wire_ms`: its last answer's time on the way, work and sum; NaN where the log does not say. */
  workers: { id: number; shards: number; compute_ms: number; wire_ms: number }[];
}

export function factsOf(record: RecordOf<"step">): StepFacts {
  const { total, wait, sum, update, send } = record.ms;
  const workers: StepFacts["workers"] = [];
  for (const id in record.workers) {
    const { shards, compute_ms, elapsed_ms, answered_ms = NaN } = record.workers[id]!;
    // In whole microseconds, as both times are written.
    const wire_ms = Math.round(1000 * Math.max(0, answered_ms - elapsed_ms)) / 1000;
    workers.push({ id: Number(id), shards, compute_ms, wire_ms });
  }
  return {
    step: record.step,
    generator_step: record.generator_step,
    epoch: record.epoch,
    batches: record.batches,
    loss_critic: record.loss_critic,
    mean_real: record.mean_real,
    mean_fake: record.mean_fake,
    wasserstein_estimate: record.wasserstein_estimate ?? NaN,
    loss_generator: record.generator?.loss ?? NaN,
    total,
    wait,
    sum,
    update,
    send,
    bytes_in: record.bytes_in,
    bytes_out: record.bytes_out,
    time_ms: record.time_ms,
    workers,
  };
}
