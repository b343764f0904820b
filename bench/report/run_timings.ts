/** Speed of a run, from its log: a fold over its records. */
import type { RecordOf, RunRecord } from "../../runlog/records.ts";
import { median } from "../../common/median.ts";
import { quantile } from "./statistics.ts";

/** Medians over the steps of one kind, in milliseconds. */
export interface StepParts {
  /** From the commit of the step before to that of this one: nothing is left out. */
  readonly step: number;
  /** From asking the workers to the last result. */
  readonly wait: number;
  /** Part of `wait`: from work to answer on the slowest worker. */
  readonly worker: number;
  /** Time of the slowest worker in ONNX Runtime, its threads in parallel; fakes made ahead of the step included. */
  readonly compute: number;
  readonly sum: number;
  readonly update: number;
  readonly send: number;
  /** Time outside wait, sum, update and send, e.g. of the log. */
  readonly rest: number;
}

export interface RunTimings {
  /** Steps without and with a generator step after them; null where there is none. */
  readonly critic: StepParts;
  readonly generator: StepParts | null;
  readonly critic_p95_ms: number;
  /** Over the steps that are not warm-up. */
  readonly images_per_second: number;
  /** The run's own figure: all steps, and the last samples and distances, which weigh much in a short run. */
  readonly whole_run_images_per_second: number;
  /** Compute threads of all workers. */
  readonly threads: number;
}

type StepRecord = RecordOf<"step">;
const PART_NAMES = ["step", "wait", "worker", "compute", "sum", "update", "send", "rest"] as const;

function partsOf(record: StepRecord, before: StepRecord, threads: ReadonlyMap<string, number>): StepParts {
  const { wait, sum, update, send } = record.ms;
  const step = record.time_ms - before.time_ms;
  const shares = Object.entries(record.workers);
  const compute = shares.map(([worker, { shards, compute_ms }]) => {
    // A generator step computes every shard once more, on the same threads.
    const at_once = record.generator ? shards / 2 : shards;
    return compute_ms / Math.max(1, Math.min(threads.get(worker) ?? 1, at_once));
  });
  return {
    step,
    wait,
    worker: Math.max(...shares.map(([, { elapsed_ms }]) => elapsed_ms)),
    compute: Math.max(...compute),
    sum,
    update,
    send,
    rest: step - wait - sum - update - send,
  };
}

function medians(steps: readonly StepParts[]): StepParts {
  const entries = PART_NAMES.map((name) => [name, median(steps.map((step) => step[name]))]);
  return Object.fromEntries(entries) as unknown as StepParts;
}

/** Sums up a finished run. Throws where the log holds no step after the warm-up, or no end. */
export async function runTimings(
  records: AsyncIterable<RunRecord>,
  warmup_steps: number,
): Promise<RunTimings> {
  const threads = new Map<string, number>();
  const steps: { record: StepRecord; parts: StepParts }[] = [];
  let before: StepRecord | null = null;
  let first: StepRecord | null = null;
  let whole: number | null = null;
  let batch = NaN;
  for await (const record of records) {
    if (record.type === "run") batch = Number(record.config.batch);
    if (record.type === "worker_joined") threads.set(String(record.worker), record.threads);
    if (record.type === "end" && record.reason === "finished") whole = record.images_per_second;
    if (record.type !== "step") continue;
    if (before && before.step >= warmup_steps) {
      first ??= before;
      steps.push({ record, parts: partsOf(record, before, threads) });
    }
    before = record;
  }
  if (!first || !before || whole === null) {
    throw new Error(`A run must end, and have steps after the ${warmup_steps} of its warm-up`);
  }
  const critic = steps.filter(({ record }) => !record.generator).map(({ parts }) => parts);
  const generator = steps.filter(({ record }) => record.generator).map(({ parts }) => parts);
  return {
    critic: medians(critic),
    generator: generator.length > 0 ? medians(generator) : null,
    critic_p95_ms: quantile(critic.map(({ step }) => step), 0.95),
    images_per_second: steps.length * batch / (before.time_ms - first.time_ms) * 1000,
    whole_run_images_per_second: whole,
    threads: [...threads.values()].reduce((sum, count) => sum + count, 0),
  };
}
