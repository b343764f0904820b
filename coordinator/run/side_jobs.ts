/**
 * Pictures, distances and held-out scores, made beside the training with the workers' help. They may fail; the
 * training goes on.
 */
import { numElements } from "../../common/shape.ts";
import { SAMPLE_NOISE, type SampleNoise } from "../../random/sample_noise.ts";
import type { RecordOf, RunRecord } from "../../runlog/records.ts";
import type { Evaluator } from "../evaluation/evaluator.ts";
import type { HeldOut } from "../evaluation/held_out.ts";
import type { JobRequest } from "../fleet/jobs.ts";
import type { ModelState } from "../training/model_state.ts";
import type { Pictures } from "./pictures.ts";
import type { RunLog } from "./records/run_log.ts";
import type { BestCheckpoint } from "./checkpoints/best_checkpoint.ts";
import { SideWork } from "./side_work.ts";

/** Work beside the training, and its name in the log when it fails. */
const FAILURES = {
  sample: "sampling failed",
  evaluation: "evaluation failed",
  best: "keeping the best checkpoint failed",
  heldout: "held-out scoring failed",
};

/** The message of a job without noise has a counter as well. */
const UNUSED = 0;

export interface SideJobsOptions {
  readonly state: ModelState;
  /** Shape of one example. */
  readonly example_shape: readonly number[];
  /** True if the objective's gap between the scores estimates a distance. */
  readonly estimates_distance: boolean;
  readonly pictures: Pick<Pictures, "count" | "labels" | "write" | "diversity">;
  readonly evaluator: Pick<Evaluator, "num_samples" | "judge" | "close">;
  /** null: the best checkpoint is not kept. */
  readonly best: Pick<BestCheckpoint, "propose" | "drop" | "judged"> | null;
  readonly held_out: Pick<HeldOut, "count" | "labels" | "allLabels" | "input" | "figures">;
  /** Classes of uniformly drawn examples, for this use of samples; null where networks take no labels. */
  readonly drawLabels: ((count: number, use: SampleNoise) => Float32Array) | null;
  readonly log: Pick<RunLog, "append">;
  /** Has a worker do a job; resolves to null where nobody could. */
  readonly ask: (request: JobRequest) => Promise<Float32Array | null>;
  /** `what` failed: the run may stop or go on without it. */
  readonly failed: (what: string, error: unknown) => void;
}

export class SideJobs {
  readonly #options: SideJobsOptions;
  readonly #work: SideWork<keyof typeof FAILURES, RunRecord>;

  constructor(options: SideJobsOptions) {
    this.#options = options;
    this.#work = new SideWork(
      (record) => this.#tell(record),
      (kind, error) => options.failed(FAILURES[kind], error),
    );
  }

  /** Draws a picture of samples. */
  sample(): void {
    const { state: { step }, pictures } = this.#options;
    this.#work.begin("sample", async () => {
      const values = await this.#draw(pictures.count, SAMPLE_NOISE.pictures, pictures.labels);
      if (!values) return null;
      const file = await pictures.write(step, values);
      const diversity = pictures.diversity(values);
      return { type: "sample", step, file, ...diversity !== null && { diversity } };
    });
  }

  /** Measures how far samples are from the data. */
  evaluate(): void {
    const { state: { step, averaged, generator }, evaluator, best } = this.#options;
    best?.propose(step);
    this.#work.begin("evaluation", async () => {
      let figures: Omit<RecordOf<"evaluation">, "type" | "step"> | null = null;
      try {
        const { num_samples } = evaluator;
        const [values, raw] = await Promise.all([
          this.#draw(num_samples, SAMPLE_NOISE.evaluation),
          averaged && this.#draw(num_samples, SAMPLE_NOISE.evaluation, null, generator.parameters),
        ]);
        figures = values && await evaluator.judge(values, raw);
      } finally {
        if (figures === null) best?.drop(step);
      }
      return figures && { type: "evaluation", step, ...figures };
    });
  }

  #tell(record: RunRecord): void {
    const { log, best } = this.#options;
    log.append(record);
    if (best !== null && record.type === "evaluation") this.#work.begin("best", () => best.judged(record));
  }

  /** Scores examples that were never trained on, where there are any, by the critic's weights of this moment. */
  scoreHeldOut(): void {
    const { state: { step, critic }, held_out, example_shape, estimates_distance, ask } = this.#options;
    if (held_out.count === 0) return;
    const weights = critic.weights.slice();
    this.#work.begin("heldout", async () => {
      const samples = await this.#draw(held_out.count, SAMPLE_NOISE.held_out, held_out.labels);
      if (!samples) return null;
      const input = held_out.input(samples);
      const count = input.length / numElements(example_shape);
      const labels = held_out.labels && held_out.allLabels();
      const scores = await ask({ kind: "score", count, noise_counter: UNUSED, weights, input, labels });
      if (!scores) return null;
      const { critic_cost, ...means } = held_out.figures(scores);
      return { type: "heldout", step, ...estimates_distance && { critic_cost }, ...means };
    });
  }

  /** Resolves when all that was begun has ended. */
  ended(): Promise<void> {
    return this.#work.ended();
  }

  /** Ends the thread that measures distances. */
  close(): void {
    this.#options.evaluator.close();
  }

  /** `own_labels`: of those samples; else they are drawn. `own_weights`: the generator's, instead of those that are sampled. */
  #draw(
    count: number,
    noise_counter: SampleNoise,
    own_labels: Float32Array | null = null,
    own_weights: Float32Array | null = null,
  ): Promise<Float32Array | null> {
    const { state: { sampled_parameters, statistics: input }, drawLabels, ask } = this.#options;
    const weights = own_weights ?? sampled_parameters;
    const labels = drawLabels && (own_labels ?? drawLabels(count, noise_counter));
    return ask({ kind: "sample", count, noise_counter, weights, input, labels });
  }
}
