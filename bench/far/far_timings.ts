/** What the log of a run over links tells: a fold over its records. */
import { median } from "../../common/median.ts";
import type { RecordOf, RunRecord } from "../../runlog/records.ts";

/** A critic step behind a critic step, by medians: no generator's weights are on the way. */
export interface CriticStep {
  /** From commit to commit. */
  readonly step_ms: number;
  /** The slowest worker's time from work to answer, in which nothing travels. */
  readonly computing_ms: number;
  readonly up_bytes: number;
  readonly down_bytes: number;
}

export interface FarTimings {
  /** Over the steps after the warm-up. */
  readonly images_per_second: number;
  readonly step_ms: number;
  /** Bytes over all connections, both ways, in a mean step. */
  readonly step_bytes: number;
  /** Part of the time in which the coordinator waited for more than the slowest worker's own time. */
  readonly waiting: number;
  /** Shards of a mean step, by worker's name. */
  readonly shards: Readonly<Record<string, number>>;
  /** Time of a shard in ONNX Runtime in steps without a generator step, in the median; of the generator's share in those with one. */
  readonly shard_ms: { readonly critic: number; readonly generator: number };
  readonly num_steps: number;
  /** Null where there is no such step. */
  readonly critic_step: CriticStep | null;
}

type StepRecord = RecordOf<"step">;

/** `warmup_ms`: of the time from the first step on. Throws where no two steps come after it. */
export async function farTimings(
  records: AsyncIterable<RunRecord>,
  warmup_ms: number,
): Promise<FarTimings> {
  const names = new Map<string, string>();
  const steps: StepRecord[] = [];
  let batch = NaN;
  for await (const record of records) {
    if (record.type === "run") batch = Number(record.config.batch);
    if (record.type === "worker_joined") names.set(String(record.worker), record.name);
    if (record.type === "step") steps.push(record);
  }
  return sumUp(batch, names, afterWarmup(steps, warmup_ms), warmup_ms);
}

/** Steps so far from the end of the warm-up on, of a run whose log is still written. */
export async function countSteps(records: AsyncIterable<RunRecord>, warmup_ms: number): Promise<number> {
  const steps: StepRecord[] = [];
  for await (const record of records) if (record.type === "step") steps.push(record);
  return afterWarmup(steps, warmup_ms).length;
}

function afterWarmup(steps: readonly StepRecord[], warmup_ms: number): readonly StepRecord[] {
  return steps.filter(({ time_ms }) => time_ms >= steps[0]!.time_ms + warmup_ms);
}

function sumUp(
  batch: number,
  names: ReadonlyMap<string, string>,
  steps: readonly StepRecord[],
  warmup_ms: number,
): FarTimings {
  const [before, ...rest] = steps;
  const last = rest.at(-1);
  if (!before || !last) throw new Error(`A run must make two steps after its first ${warmup_ms} ms`);
  const span_ms = last.time_ms - before.time_ms;
  const sum = (of: (step: StepRecord) => number) => rest.reduce((total, step) => total + of(step), 0);
  const shards = Object.fromEntries([...names].map(([worker, name]) => [
    name,
    // A generator step has every shard once more.
    sum(({ workers, generator }) => (workers[worker]?.shards ?? 0) / (generator ? 2 : 1)) / rest.length,
  ]));
  return {
    images_per_second: 1000 * batch * rest.length / span_ms,
    step_ms: span_ms / rest.length,
    step_bytes: sum(({ bytes_in, bytes_out }) => bytes_in + bytes_out) / rest.length,
    waiting: sum(waitedFor) / span_ms,
    shards,
    shard_ms: shardTimes(rest),
    num_steps: rest.length,
    critic_step: criticStep(steps),
  };
}

function criticStep(steps: readonly StepRecord[]): CriticStep | null {
  const alone = steps.flatMap((step, i) => {
    const before = steps[i - 1];
    if (before === undefined || before.generator || step.generator) return [];
    return [{ step, step_ms: step.time_ms - before.time_ms }];
  });
  if (alone.length === 0) return null;
  const of = (value: (step: StepRecord) => number) => median(alone.map(({ step }) => value(step)));
  return {
    step_ms: median(alone.map(({ step_ms }) => step_ms)),
    computing_ms: of(slowest),
    up_bytes: of(({ bytes_in }) => bytes_in),
    down_bytes: of(({ bytes_out }) => bytes_out),
  };
}

/** NaN where there are no such steps. */
function shardTimes(steps: readonly StepRecord[]): FarTimings["shard_ms"] {
  const middle = (of: readonly StepRecord[]) => {
    return of.length === 0 ? NaN : median(of.map((step) => {
      const shares = Object.values(step.workers);
      const sum = (part: "compute_ms" | "shards") => shares.reduce((total, share) => total + share[part], 0);
      return sum("compute_ms") / sum("shards");
    }));
  };
  const critic = middle(steps.filter(({ generator }) => !generator));
  // Both rounds have as many shards: theirs is the mean of the two.
  return { critic, generator: 2 * middle(steps.filter(({ generator }) => generator)) - critic };
}

/** What the coordinator waited beyond the slowest worker's time from work to answer. */
function waitedFor(step: StepRecord): number {
  return Math.max(0, step.ms.wait - slowest(step));
}

function slowest({ workers }: StepRecord): number {
  return Math.max(0, ...Object.values(workers).map(({ elapsed_ms }) => elapsed_ms));
}
