/** Records of a small made-up run, for tests to put together. */
import type { RecordOf, RunRecord } from "../../../runlog/records.ts";

export const SHA = "0123456789abcdef".repeat(4);
export const TIME = "2026-03-01T12:00:00.000Z";

export function runRecord(change: Partial<RecordOf<"run">> = {}): RecordOf<"run"> {
  return {
    type: "run",
    format: 1,
    run: "example",
    created: TIME,
    config: { preset: "wgan", batch: 8, shards: 4, lr: 5e-5, steps: 30, seed: 7 },
    versions: { wagon: "0.1.0", deno: "2.9.6", v8: "14", onnxruntime: "1.30.0" },
    data: {
      name: "strokes",
      num_examples: 1000,
      held_out: 0,
      sha256: SHA,
      example_shape: [28, 28],
      encoding: "uint8",
    },
    layouts_sha256: SHA,
    artifacts: { "critic_training_model.onnx": SHA },
    num_parameters: { critic: 533505, generator: 1510032 },
    ...change,
  };
}

export function joined(worker: number, change: Partial<RecordOf<"worker_joined">> = {}): RunRecord {
  return {
    type: "worker_joined",
    worker,
    name: `host:${worker}`,
    provider: "cpu",
    device: "a processor",
    platform: "linux x86_64",
    threads: 1,
    numeric_class: "c1",
    time: TIME,
    ...change,
  };
}

/**
 * Step `step` of a run that starts its training after 1000 ms and takes 10 ms a step. Its estimate is
 * `step / 100`; every fifth step has a generator step with a loss of -step. Workers 1 and 2 compute 2 shards each.
 */
export function stepRecord(step: number, change: Partial<RecordOf<"step">> = {}): RecordOf<"step"> {
  return {
    type: "step",
    step,
    generator_step: Math.floor(step / 5),
    epoch: Math.floor((step - 1) / 125),
    batch: (step - 1) % 125,
    batches: 125,
    loss_critic: -step / 100,
    mean_real: step / 100,
    mean_fake: 0,
    wasserstein_estimate: step / 100,
    critic_checksum: SHA.slice(0, 16),
    ...step % 5 === 0 ? { generator: { loss: -step, checksum: SHA.slice(0, 16) } } : {},
    ms: { total: 10, wait: 7, sum: 0.5, update: 1, send: 0.5 },
    workers: {
      1: { shards: 2, compute_ms: 6, elapsed_ms: 6.5 },
      2: { shards: 2, compute_ms: 4, elapsed_ms: 6.5 },
    },
    bytes_in: 100,
    bytes_out: 200,
    time_ms: 1000 + 10 * step,
    ...change,
  };
}

/** Steps first..last. */
export function steps(first: number, last: number, change: Partial<RecordOf<"step">> = {}): RunRecord[] {
  return Array.from({ length: last - first + 1 }, (_, i) => stepRecord(first + i, change));
}

export function checkpoint(step: number): RunRecord {
  const file = `checkpoints/step-${step}.safetensors`;
  return {
    type: "checkpoint",
    step,
    file,
    sha256: SHA,
    bytes: 16_000_000,
    weights_sha256: `weights at ${step}`,
  };
}

export function end(step: number, change: Partial<RecordOf<"end">> = {}): RunRecord {
  return {
    type: "end",
    reason: "finished",
    detail: "All steps are done",
    step,
    generator_steps: Math.floor(step / 5),
    weights_sha256: SHA,
    bits: "exact",
    numeric_classes: ["c1"],
    examples_used: 8 * step,
    seconds: 1.5,
    images_per_second: 800,
    ...change,
  };
}

export function toLines(records: readonly RunRecord[]): string {
  return records.map((record) => JSON.stringify(record) + "\n").join("");
}
