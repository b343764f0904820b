/** Totals of each worker over all steps of a run, including those dropped by a resume. */
import { relayedText } from "../../common/text/relayed_text.ts";
import type { RecordOf } from "../records.ts";
import type { StepFacts } from "../log/step_facts.ts";

/**
 * One connection of a worker. A worker that joins again is another entry.
 *
 * @example
 * ```ts
 * import type { WorkerTotals } from "@wagon/wagon/runlog";
 *
 * const busiest = (workers: readonly WorkerTotals[]) =>
 *   workers.reduce((most, { shards_computed }) => Math.max(most, shards_computed), 0);
 * console.assert(busiest([]) === 0);
 * ```
 */
export interface WorkerTotals {
  /** Its number, unique within the incarnation. */
  readonly worker: number;
  /** The start of the coordinator that it belongs to. */
  readonly incarnation: number;
  /** Its own name. */
  readonly name: string;
  /** Its device. */
  readonly provider: string;
  /** The device in words; of a relay, the workers behind it. */
  device: string;
  /** Compute threads. */
  threads: number;
  /** Workers of one class compute the same bits. */
  readonly numeric_class: string | null;
  /** Shards that it has computed. */
  shards_computed: number;
  /** Time in ONNX Runtime, summed over its shards. */
  compute_ms: number;
  /** Steps whose record says how long its answer was on the way. */
  timed_steps: number;
  /** Time of work, weights and sums on the way, summed over these steps. */
  wire_ms: number;
  /** The first step that it had a share in. */
  first_step: number | null;
  /** The last step that it had a share in. */
  last_step: number | null;
  /** Why it left; null while it is in. */
  left: string | null;
}

/**
 * What a worker took in the mean; null where it has computed nothing, or the log does not say.
 *
 * @example
 * ```ts
 * import type { WorkerMeans } from "@wagon/wagon/runlog";
 *
 * const means: WorkerMeans = { compute_ms_per_shard: 0.9, wire_ms_per_step: null };
 * console.log(means.compute_ms_per_shard);
 * ```
 */
export interface WorkerMeans {
  /** Time of a shard in ONNX Runtime. */
  readonly compute_ms_per_shard: number | null;
  /** Time of a step's work, weights and sums on the way. */
  readonly wire_ms_per_step: number | null;
}

export function workerMeans(
  { compute_ms, shards_computed, wire_ms, timed_steps }: WorkerTotals,
): WorkerMeans {
  return {
    compute_ms_per_shard: shards_computed > 0 ? compute_ms / shards_computed : null,
    wire_ms_per_step: timed_steps > 0 ? wire_ms / timed_steps : null,
  };
}

export class WorkerTable {
  readonly #all: WorkerTotals[] = [];
  #current = new Map<number, WorkerTotals>();
  #incarnation = 0;

  get all(): readonly WorkerTotals[] {
    return this.#all;
  }

  /** Numeric classes of the workers that computed. */
  get numeric_classes(): string[] {
    const computed = this.#all.filter((worker) => worker.shards_computed > 0);
    return [...new Set(computed.flatMap(({ numeric_class }) => numeric_class ?? []))];
  }

  /** Another start of the coordinator: the numbers begin anew, and whoever was in is out. */
  nextIncarnation(incarnation: number): void {
    for (const worker of this.#current.values()) worker.left ??= "the coordinator stopped";
    this.#current = new Map();
    this.#incarnation = incarnation;
  }

  joined(record: RecordOf<"worker_joined">): void {
    const { name, provider, device, threads, numeric_class } = record;
    this.#enter(record.worker, { name, provider, device, threads, numeric_class });
  }

  relayed({ worker, num_workers, threads, workers }: RecordOf<"relay_workers">): void {
    const relay = this.#find(worker);
    relay.device = relayedText(num_workers, workers);
    relay.threads = threads;
  }

  left(record: RecordOf<"worker_left">): void {
    this.#find(record.worker).left = record.reason;
  }

  step({ step, workers }: StepFacts): void {
    for (const { id, shards, compute_ms, wire_ms } of workers) {
      const worker = this.#find(id);
      worker.shards_computed += shards;
      worker.compute_ms += compute_ms;
      if (!Number.isNaN(wire_ms)) {
        worker.timed_steps++;
        worker.wire_ms += wire_ms;
      }
      worker.first_step ??= step;
      worker.last_step = step;
    }
  }

  threadsOf(id: number): number {
    return this.#current.get(id)?.threads ?? 1;
  }

  /** The worker of that number; one whose joining was lost from the log gets an entry without a description. */
  #find(id: number): WorkerTotals {
    const known = this.#current.get(id);
    if (known) return known;
    const unknown = { name: `worker ${id}`, provider: "?", device: "?", threads: 1, numeric_class: null };
    return this.#enter(id, unknown);
  }

  #enter(
    worker: number,
    who: Pick<WorkerTotals, "name" | "provider" | "device" | "threads" | "numeric_class">,
  ): WorkerTotals {
    const entry: WorkerTotals = {
      worker,
      incarnation: this.#incarnation,
      ...who,
      shards_computed: 0,
      compute_ms: 0,
      timed_steps: 0,
      wire_ms: 0,
      first_step: null,
      last_step: null,
      left: null,
    };
    this.#all.push(entry);
    this.#current.set(worker, entry);
    return entry;
  }
}
