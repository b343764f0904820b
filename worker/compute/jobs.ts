/**
 * Jobs: samples, scores and features, beside the training and never part of its bits. A job brings its weights, and computes a
 * few rows at a time, so that work of the training can come in between.
 */
import { FEATURES_GRAPH, type Manifest, type State } from "../../models/manifest.ts";
import { fillNormal } from "../../random/philox.ts";
import type { Engine } from "./engine.ts";
import type { GraphRunner } from "./graph_runner.ts";
import { numElements } from "../../common/shape.ts";

/** Rows that are computed at once. */
const ROWS = 64;

/**
 * `weights`: the generator's (sample), the critic's (score) or none (features). `input`: the statistics, or the examples;
 * where networks take labels, the class of each example follows, but not for features. A critic of packs
 * gives each example the score of its pack.
 */
export interface JobTask {
  readonly kind: "sample" | "score" | "features";
  readonly count: number;
  readonly noise_counter: number;
  readonly weights: Float32Array;
  readonly input: Float32Array;
}

/** How many numbers a job's weights and its input are. */
export function jobSizes(
  { layouts, example_shape, num_classes }: Manifest,
  { kind, count }: Pick<JobTask, "kind" | "count">,
): { readonly weights: number; readonly input: number } {
  if (kind === "features") return { weights: 0, input: count * numElements(example_shape) };
  const labels = num_classes === undefined ? 0 : count;
  if (kind === "sample") return { weights: layouts.generator.size, input: layouts.statistics.size + labels };
  return { weights: layouts.critic.size, input: count * numElements(example_shape) + labels };
}

/** A job under way. */
export class Job {
  readonly #runner: GraphRunner;
  readonly #states: Partial<Record<State, Float32Array>>;
  readonly #source: "noise" | "real";
  /** Input rows, `#row_in` elements each. */
  readonly #rows: Float32Array;
  readonly #row_in: number;
  readonly #row_out: number;
  /** Examples in a row: a pack's, of critics that take packs. */
  readonly #pac: number;
  /** Null where networks take no labels. */
  readonly #labels: Float32Array | null;
  readonly #result: Float32Array<ArrayBuffer>;
  #done = 0;

  constructor(engine: Engine, readonly task: JobTask) {
    const { manifest, seed } = engine;
    const { count, kind, weights, noise_counter } = task;
    const has_labels = manifest.num_classes !== undefined && kind !== "features";
    const without_labels = task.input.length - (has_labels ? count : 0);
    const input = task.input.subarray(0, without_labels);
    this.#labels = has_labels ? task.input.subarray(without_labels) : null;
    const example = numElements(manifest.example_shape);
    if (kind === "sample") {
      this.#runner = engine.runner("sampler_model");
      this.#source = "noise";
      this.#states = { generator: weights, statistics: input };
      this.#rows = new Float32Array(count * manifest.latent);
      fillNormal(this.#rows, { seed, purpose: "sample", counter: noise_counter, shard: 0 });
      [this.#row_in, this.#row_out, this.#pac] = [manifest.latent, example, 1];
    } else {
      const scores = kind === "score";
      this.#runner = engine.runner(scores ? "critic_eval_model" : FEATURES_GRAPH);
      this.#source = "real";
      this.#states = scores ? { critic: weights } : {};
      this.#rows = input;
      const { pac = 1 } = scores ? manifest : {};
      [this.#row_in, this.#row_out, this.#pac] = [example * pac, scores ? 1 : manifest.num_features!, pac];
    }
    if (count % this.#pac !== 0) {
      throw new RangeError(`Cannot score ${count} examples: whole packs of ${this.#pac} are required`);
    }
    this.#result = new Float32Array(count / this.#pac * this.#row_out);
  }

  /** Computes the next rows. Returns the whole result after the last of them, null before. */
  async step(): Promise<Float32Array<ArrayBuffer> | null> {
    const begin = this.#done, count = this.task.count / this.#pac;
    const rows = Math.min(ROWS, count - begin);
    const input = this.#rows.subarray(begin * this.#row_in, (begin + rows) * this.#row_in);
    const output = this.#result.subarray(begin * this.#row_out, (begin + rows) * this.#row_out);
    const label = this.#labels?.subarray(begin, begin + rows);
    const sources = { ...this.#states, [this.#source]: input, ...label && { label } };
    const bound = this.#runner.bind(sources, output, rows);
    await bound.run().finally(bound.release);
    this.#done += rows;
    if (this.#done < count) return null;
    return this.#pac === 1 ? this.#result : repeated(this.#result, this.#pac);
  }
}

/** Each value so many times. */
function repeated(values: Float32Array, times: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: values.length * times }, (_, i) => values[Math.floor(i / times)]!);
}
