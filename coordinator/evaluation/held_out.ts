/**
 * The critic's scores of examples that it never trained on, beside as many that it did and as many samples: all
 * scored in one job, by the same weights. (Scores of two jobs do not compare: the critic is free in its offset, and
 * moves it from step to step.)
 */
import type { RecordOf } from "../../runlog/records.ts";
import { mostExamples } from "../fleet/jobs.ts";
import { decodeExamples, gatherExamples } from "../data/data_set.ts";
import type { ShardedData } from "../data/sharded_data.ts";

/** Examples of each kind that are scored at most. */
const MAX_SCORED = 512;

export class HeldOut {
  readonly #data: ShardedData;
  readonly #held_out: Uint32Array;
  readonly #training: Uint32Array;

  /** `pac`: examples that the critic scores at a time; there are whole packs of each kind. */
  constructor(data: ShardedData, pac = 1) {
    this.#data = data;
    const { holdout, shards } = data.plan;
    // Three kinds go into one job.
    const most = Math.floor(mostExamples(data.data.example_shape) / 3);
    const count = Math.min(MAX_SCORED, most, holdout.length);
    this.#held_out = holdout.subarray(0, count - count % pac);
    // A shard's order is a permutation already: its first examples are as good as any.
    const num_training = Math.min(this.#held_out.length, shards[0]!.length);
    this.#training = shards[0]!.subarray(0, num_training - num_training % pac);
  }

  /** Held-out examples to score, and samples that are wanted beside them; 0: nothing is held out. */
  get count(): number {
    return this.#held_out.length;
  }

  /** Classes of the samples, which are those of the held-out examples; null where there are no labels. */
  get labels(): Float32Array | null {
    return this.#labelsOf(this.#held_out);
  }

  /** Classes of everything to score; null where there are no labels. */
  allLabels(): Float32Array | null {
    const indices = [...this.#held_out, ...this.#training, ...this.#held_out];
    return this.#labelsOf(Uint32Array.from(indices));
  }

  #labelsOf(indices: Uint32Array): Float32Array | null {
    const { labels } = this.#data.data;
    return labels ? Float32Array.from(indices, (index) => labels.values[index]!) : null;
  }

  /** Everything to score: held-out examples, training examples, then the samples. */
  input(samples: Float32Array): Float32Array<ArrayBuffer> {
    const { data } = this.#data;
    const parts = [this.#held_out, this.#training].map((indices) =>
      decodeExamples(gatherExamples(data, indices), data.encoding)
    );
    const all = [...parts, samples];
    const input = new Float32Array(all.reduce((sum, { length }) => sum + length, 0));
    let filled = 0;
    for (const part of all) {
      input.set(part, filled);
      filled += part.length;
    }
    return input;
  }

  /** The figures of the record, from the scores of that input. */
  figures(scores: Float32Array): Omit<RecordOf<"heldout">, "type" | "step"> {
    const first_sample = this.#held_out.length + this.#training.length;
    const mean_real = mean(scores.subarray(0, this.#held_out.length));
    const mean_training = mean(scores.subarray(this.#held_out.length, first_sample));
    const mean_fake = mean(scores.subarray(first_sample));
    return { critic_cost: mean_fake - mean_real, mean_real, mean_training, mean_fake };
  }
}

function mean(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
