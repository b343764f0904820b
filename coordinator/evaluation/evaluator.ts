/** How far samples are from the data, and which modes they cover: the figures of an evaluation record. */
import type { RecordOf } from "../../runlog/records.ts";
import { unscaled } from "../../common/values/scaling.ts";
import { numElements } from "../../common/shape.ts";
import type { DataSet } from "../data/data_set.ts";
import { type Mixture, MIXTURES } from "../data/toy.ts";
import { mostExamples } from "../fleet/jobs.ts";
import { EvaluationThread } from "./evaluation_thread.ts";
import { countModes } from "./modes.ts";

/** Number of toy points (algorithm.md, "Toy data and the modes to count"), and the most images. */
const NUM_SAMPLES = 2_500;
const FEWEST_SAMPLES = 256;

export class Evaluator {
  /** Samples of one evaluation: no more than a small data set has examples; of large examples, as many as fit. */
  readonly num_samples: number;
  readonly #data: DataSet;
  #thread: EvaluationThread | null = null;

  constructor(data: DataSet) {
    this.#data = data;
    const enough = data.name in MIXTURES ? NUM_SAMPLES : Math.max(FEWEST_SAMPLES, data.num_examples);
    this.num_samples = Math.min(NUM_SAMPLES, enough, mostExamples(data.example_shape));
  }

  async judge(samples: Float32Array): Promise<Omit<RecordOf<"evaluation">, "type" | "step">> {
    this.#thread ??= EvaluationThread.start(this.#data);
    const sliced_wasserstein = await this.#thread.distance(samples);
    const mixture = (MIXTURES as Record<string, Mixture>)[this.#data.name];
    const figures = { sliced_wasserstein, num_samples: this.num_samples };
    if (!mixture) return figures;
    const { num_modes, covered, high_quality, counts } = countModes(this.#plain(samples), mixture);
    return { ...figures, modes: { count: num_modes, covered, high_quality, per_mode: counts } };
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
