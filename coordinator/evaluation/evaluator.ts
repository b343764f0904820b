/** How far samples are from the data, and which modes they cover: the figures of an evaluation record. */
import type { RecordOf } from "../../runlog/records.ts";
import { unscaled } from "../../common/values/scaling.ts";
import { numElements } from "../../common/shape.ts";
import type { FeatureFigure } from "../../metrics/comparison.ts";
import { type DataSet, decodeExamples, gatherExamples } from "../data/data_set.ts";
import { type Mixture, MIXTURES } from "../data/toy.ts";
import { mostExamples } from "../fleet/jobs.ts";
import type { ShardPlan } from "../data/plan.ts";
import { chooseReference } from "../../metrics/sliced_wasserstein.ts";
import { comparedExamples, USUAL_SEED } from "./compared_examples.ts";
import type { Measured } from "./evaluation_messages.ts";
import { EvaluationThread } from "./evaluation_thread.ts";
import { countModes } from "./modes.ts";

/** Number of toy points (algorithm.md, "Toy data and the modes to count"), and the most images. */
const NUM_SAMPLES = 2_500;
const FEWEST_SAMPLES = 256;

export interface EvaluatorOptions {
  /** Figures of features to measure. */
  readonly metrics: readonly FeatureFigure[];
  /**
   * Features of examples, one after the other as the networks see them, or null where nobody could compute them; null:
   * the values themselves are the features.
   */
  readonly featuresOf: ((examples: Float32Array) => Promise<Float32Array | null>) | null;
  /** Which examples are trained on, and which are held out; absent: samples are not compared with single examples. */
  readonly plan?: Pick<ShardPlan, "shards" | "holdout">;
}

/** Samples, and held-out examples, whose nearest training example is searched; with fewer, a median says little. */
const MOST_COMPARED = 128;
const FEWEST_COMPARED = 8;

export class Evaluator {
  /** Samples of one evaluation: no more than a small data set has examples; of large examples, as many as fit. */
  readonly num_samples: number;
  readonly #data: DataSet;
  readonly #options: EvaluatorOptions;
  #thread: EvaluationThread | null = null;
  /** The held-out examples' median distance to the nearest training example, and the number of these. */
  #held_out: Promise<number> | null = null;
  #num_training = 0;
  /** True once the thread has the features of examples. */
  #has_features = false;

  constructor(data: DataSet, options: EvaluatorOptions = { metrics: [], featuresOf: null }) {
    this.#data = data;
    this.#options = options;
    const enough = data.name in MIXTURES ? NUM_SAMPLES : Math.max(FEWEST_SAMPLES, data.num_examples);
    this.num_samples = Math.min(NUM_SAMPLES, enough, mostExamples(data.example_shape));
  }

  /** `raw`: samples by the generator's own weights, where `samples` come from their average; null: there are none. */
  async judge(
    samples: Float32Array,
    raw: Float32Array | null = null,
  ): Promise<Omit<RecordOf<"evaluation">, "type" | "step">> {
    const thread = this.#thread ??= EvaluationThread.start(this.#data);
    const [sliced_wasserstein, raw_sliced_wasserstein, nearest_training, of_features] = await Promise.all([
      thread.distance(samples),
      raw && thread.distance(raw),
      this.#nearestTraining(thread, samples),
      this.#ofFeatures(thread, samples),
    ]);
    const mixture = (MIXTURES as Record<string, Mixture>)[this.#data.name];
    const figures = {
      ...{ sliced_wasserstein, num_samples: this.num_samples, ...of_features },
      ...raw_sliced_wasserstein !== null && { raw_sliced_wasserstein },
      ...nearest_training && { nearest_training },
    };
    if (!mixture) return figures;
    const { num_modes, covered, high_quality, counts } = countModes(this.#plain(samples), mixture);
    return { ...figures, modes: { count: num_modes, covered, high_quality, per_mode: counts } };
  }

  /** null where too few examples are held out. */
  async #nearestTraining(
    thread: EvaluationThread,
    samples: Float32Array,
  ): Promise<RecordOf<"evaluation">["nearest_training"] | null> {
    const { plan } = this.#options, dimension = numElements(this.#data.example_shape);
    if (plan === undefined || plan.holdout.length < FEWEST_COMPARED) return null;
    if (this.#held_out === null) {
      const most = chooseReference(this.#data.num_examples, dimension).length;
      // The order of a shard is a permutation already.
      const each = Math.ceil(most / plan.shards.length);
      const training = Uint32Array.from(plan.shards.flatMap((shard) => [...shard.subarray(0, each)]));
      this.#num_training = training.length;
      this.#held_out = thread.setTraining(this.#data, plan.holdout.subarray(0, MOST_COMPARED), training);
    }
    const [held_out, of_samples] = await Promise.all([
      this.#held_out,
      thread.nearest(samples.subarray(0, MOST_COMPARED * dimension)),
    ]);
    return { samples: of_samples, held_out, searched: this.#num_training };
  }

  /** None where nobody could compute features: that is in the log, and the next evaluation tries again. */
  async #ofFeatures(thread: EvaluationThread, samples: Float32Array): Promise<Measured> {
    const { metrics, featuresOf } = this.#options;
    if (metrics.length === 0) return {};
    const of = (examples: Float32Array) => featuresOf ? featuresOf(examples) : Promise.resolve(examples);
    if (!this.#has_features) {
      const chosen = comparedExamples(this.#data.num_examples, this.num_samples, USUAL_SEED);
      const values = await of(decodeExamples(gatherExamples(this.#data, chosen), this.#data.encoding));
      if (values === null) return {};
      await thread.setFeatures({ values, dimension: values.length / chosen.length }, metrics);
      this.#has_features = true;
    }
    const values = await of(samples);
    return values === null ? {} : await thread.figures(values);
  }

  /** In the units of the data: modes have their places there. */
  #plain(samples: Float32Array): Float32Array {
    const { scaling, example_shape } = this.#data;
    return scaling ? unscaled(samples.slice(), scaling, numElements(example_shape)) : samples;
  }

  close(): void {
    this.#thread?.close();
  }
}
