/**
 * Jobs: what needs a graph but is no part of the training (samples, scores of held-out examples, features). A worker does
 * them between its shards. A job may fail; the training goes on, and bits never depend on one.
 */
import type { Cancel, Clock } from "../../wire/clock.ts";
import { bytesOf, payloadFloats } from "../../wire/frame.ts";
import type { MessageOf } from "../../wire/messages.ts";
import type { Member } from "./member.ts";
import type { FleetObserver } from "./observer.ts";
import { numElements } from "../../common/shape.ts";
import type { Manifest } from "../../models/manifest.ts";

/** A job that nobody answers within this time is given up, unless its own work takes longer. */
const JOB_DEADLINE_MS = 60_000;
/** Times that a job may take as long as training on its examples would: a worker does it beside its shards. */
const SLACK = 4;

/**
 * How long the answer to a job of `count` examples is waited for. A forward pass takes less time than a training step on as
 * many examples, of which a worker takes `shard_ms` for each `shard_examples`, as the coordinator measured.
 */
export function jobDeadline(count: number, shard_examples: number, shard_ms: number): number {
  const work_ms = SLACK * Math.ceil(count / shard_examples) * shard_ms;
  return JOB_DEADLINE_MS + (Number.isFinite(work_ms) ? work_ms : 0);
}

/** Examples of one job: so much holds nobody up, and fits in a frame with room to spare. */
const JOB_BYTES = 63 * 1024 * 1024;

/** Examples of this shape, as float32, that one job sends or gets back at most. */
export function mostExamples(example_shape: readonly number[]): number {
  return Math.floor(JOB_BYTES / (4 * numElements(example_shape)));
}

export interface JobRequest {
  readonly kind: "sample" | "score" | "features";
  /** Examples to draw, or to score, or whose features are wanted. */
  readonly count: number;
  readonly noise_counter: number;
  /** sample: the generator's. score: the critic's. features: none. */
  readonly weights: Float32Array;
  /** sample: the running statistics. score, features: the examples. */
  readonly input: Float32Array;
  /** The class of each example; absent or null where networks take no labels. */
  readonly labels?: Float32Array | null;
}

interface OpenJob {
  readonly worker: number;
  readonly request: JobRequest;
  readonly stopTimer: Cancel;
  readonly resolve: (values: Float32Array | null) => void;
}

function whoIsFree(members: readonly Member[]): Member | undefined {
  const in_time = members.filter(({ record }) => record.standing !== "late");
  const from = (in_time.length > 0 ? in_time : members).toSorted((a, b) =>
    a.record.speed.shard_ms - b.record.speed.shard_ms
  );
  return from.find(({ told_spare }) => told_spare) ?? from[0];
}

export class Jobs {
  readonly #run: string;
  /** Values of one example. */
  readonly #example_size: number;
  /** Length of the features of one example; 0: there is no graph for them. */
  readonly #num_features: number;
  /** Examples of a shard in a step. */
  readonly #shard_examples: number;
  readonly #clock: Clock;
  readonly #observer: Pick<FleetObserver, "fault">;
  readonly #open = new Map<number, OpenJob>();
  #next_id = 1;

  constructor(
    run: string,
    { example_shape, micro_batch, accumulate = 1, num_features = 0 }: Pick<
      Manifest,
      "example_shape" | "micro_batch" | "accumulate" | "num_features"
    >,
    clock: Clock,
    observer: Pick<FleetObserver, "fault">,
  ) {
    this.#run = run;
    this.#example_size = numElements(example_shape);
    this.#num_features = num_features;
    this.#shard_examples = micro_batch * accumulate;
    this.#clock = clock;
    this.#observer = observer;
  }

  /**
   * Gives the job to a worker without shards if there is one, else to the fastest; not to one that is behind with its
   * shards, if there is another. Resolves to the values (count x
   * example, or count scores), or to null where it failed. What the request holds may change at once.
   */
  ask(request: JobRequest, members: readonly Member[]): Promise<Float32Array | null> {
    const member = whoIsFree(members);
    if (!member) return Promise.resolve(null);
    const job = this.#next_id++;
    const { kind, count, noise_counter, weights, input } = request;
    const labels = request.labels ?? new Float32Array();
    return new Promise((resolve) => {
      const deadline_ms = jobDeadline(count, this.#shard_examples, member.record.speed.shard_ms);
      const late = `No answer within ${Math.round(deadline_ms / 1000)} s`;
      const stopTimer = this.#clock.after(deadline_ms, () => this.failed(member.id, job, late));
      this.#open.set(job, { worker: member.id, request, stopTimer, resolve });
      const payload = new Float32Array(weights.length + input.length + labels.length);
      payload.set(weights);
      payload.set(input, weights.length);
      payload.set(labels, weights.length + input.length);
      member.channel.expectPayload(this.#answerBytes(request));
      member.channel.send(
        { type: "job", run: this.#run, job, kind, count, noise_counter },
        bytesOf(payload),
      );
    });
  }

  result(worker: number, message: MessageOf<"job_result">, payload: Uint8Array): void {
    const open = this.#take(worker, message.job);
    if (!open) return;
    const bytes = this.#answerBytes(open.request);
    if (payload.length !== bytes) {
      return this.#giveUp(open, `An answer must have ${bytes} bytes: found ${payload.length}`);
    }
    const values = payloadFloats(payload, bytes / 4).slice();
    if (!values.every(Number.isFinite)) {
      return this.#giveUp(open, "An answer must hold finite numbers: found an infinity or NaN");
    }
    open.resolve(values);
  }

  #answerBytes({ kind, count }: Pick<JobRequest, "kind" | "count">): number {
    const row = { sample: this.#example_size, score: 1, features: this.#num_features };
    return 4 * count * row[kind];
  }

  failed(worker: number, job: number, reason: string): void {
    const open = this.#take(worker, job);
    if (open) this.#giveUp(open, reason);
  }

  /** A worker is gone, and its jobs with it: pictures and scores of long ago are of no use. */
  lost(worker: number): void {
    for (const [job, open] of this.#open) {
      if (open.worker === worker) this.failed(worker, job, "The worker is gone");
    }
  }

  /** Gives up whatever is open: the run ends. */
  abandon(): void {
    for (const [job, open] of this.#open) this.#take(open.worker, job)?.resolve(null);
  }

  #take(worker: number, job: number): OpenJob | null {
    const open = this.#open.get(job);
    if (!open || open.worker !== worker) return null;
    open.stopTimer();
    this.#open.delete(job);
    return open;
  }

  #giveUp(open: OpenJob, reason: string): void {
    const { kind, count } = open.request;
    const what = {
      sample: `drawing ${count} samples`,
      score: `scoring ${count} examples`,
      features: `computing the features of ${count} examples`,
    }[kind];
    this.#observer.fault({
      what: `job failed (${what})`,
      worker: open.worker,
      decision: "left it out",
      reason,
    });
    open.resolve(null);
  }
}
