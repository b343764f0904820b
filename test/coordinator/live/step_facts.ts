/** Steps as records and as facts, for the tests of the live page. */
import type { RecordOf } from "../../../runlog/records.ts";
import { factsOf, type StepFacts } from "../../../runlog/log/step_facts.ts";

export type StepRecord = RecordOf<"step">;

/** Step `step`, committed 10 ms after the one before, of 8 ms; worker 1 computes two shards. */
export function stepRecord(step: number, more: Partial<StepRecord> = {}): StepRecord {
  return {
    type: "step",
    step,
    generator_step: Math.floor(step / 5),
    epoch: 0,
    batch: step - 1,
    batches: 1000,
    loss_critic: -0.5,
    mean_real: 0.5,
    mean_fake: 0,
    wasserstein_estimate: 0.5,
    critic_checksum: "",
    ms: { total: 8, wait: 5, sum: 1, update: 0.5, send: 0.25 },
    workers: { 1: { shards: 2, compute_ms: 4, elapsed_ms: 4.5, answered_ms: 5 } },
    bytes_in: 100,
    bytes_out: 200,
    time_ms: 10 * step,
    ...more,
  };
}

/** The same as facts, with these figures. */
export function stepFacts(
  step: number,
  { gap, loss_critic, loss_generator }: Readonly<Record<"gap" | "loss_critic" | "loss_generator", number>>,
): StepFacts {
  return { ...factsOf(stepRecord(step)), mean_real: gap, mean_fake: 0, loss_critic, loss_generator };
}

export function joined(worker: number, more: Partial<RecordOf<"worker_joined">> = {}) {
  return {
    type: "worker_joined",
    worker,
    name: `w${worker}`,
    provider: "cpu",
    device: "2 cores",
    platform: "test",
    threads: 1,
    numeric_class: "a",
    time: "2026-11-24T00:00:00Z",
    ...more,
  } as const;
}
