import assert from "node:assert/strict";
import { comparedExamples, USUAL_SEED } from "../../../coordinator/evaluation/compared_examples.ts";
import { Evaluator } from "../../../coordinator/evaluation/evaluator.ts";
import { decodeExamples, gatherExamples } from "../../../coordinator/data/data_set.ts";
import { ShardPlan } from "../../../coordinator/data/plan.ts";
import { drawToy } from "../../../coordinator/data/toy.ts";
import { compareWith, referenceOf } from "../../../metrics/comparison.ts";

const DATA = drawToy("8gaussians", 1, 300);
const METRICS = ["frechet_distance", "recall"] as const;

/** Examples of another draw, in place of samples. */
function samplesOf(count: number): Float32Array<ArrayBuffer> {
  const other = drawToy("8gaussians", 2, count);
  return decodeExamples(
    gatherExamples(other, Uint32Array.from({ length: count }, (_, i) => i)),
    other.encoding,
  );
}

function examples(count: number): Float32Array<ArrayBuffer> {
  const chosen = comparedExamples(DATA.num_examples, count, USUAL_SEED);
  return decodeExamples(gatherExamples(DATA, chosen), DATA.encoding);
}

Deno.test("of points, figures compare the values themselves; those that nobody wants are not measured", async () => {
  const evaluator = new Evaluator(DATA, { metrics: METRICS, featuresOf: null });
  try {
    const { num_samples } = evaluator, samples = samplesOf(num_samples);
    const found = await evaluator.judge(samples);
    const reference = referenceOf({ values: examples(num_samples), dimension: 2 });
    const { frechet_distance, recall } = compareWith(reference, { values: samples, dimension: 2 });
    assert.deepEqual([found.frechet_distance, found.recall], [frechet_distance, recall]);
    assert.ok(recall > 0.5 && !("kernel_distance" in found));
  } finally {
    evaluator.close();
  }
});

Deno.test("where features cannot be computed, the distance is measured alone, and the next time tries again", async () => {
  const asked: number[] = [];
  const answers = [true, false, true, true, true];
  const evaluator = new Evaluator(DATA, {
    metrics: METRICS,
    featuresOf: (values) => {
      asked.push(values.length);
      return Promise.resolve(answers[asked.length - 1] ? values.map((value) => 2 * value) : null);
    },
  });
  try {
    const { num_samples } = evaluator, samples = samplesOf(num_samples);
    const first = await evaluator.judge(samples);
    const second = await evaluator.judge(samples), third = await evaluator.judge(samples);
    assert.equal(first.sliced_wasserstein, second.sliced_wasserstein);
    assert.deepEqual(METRICS.map((name) => name in first), [false, false]);
    assert.ok(second.frechet_distance! > 0);
    assert.deepEqual(second, third);
    // Features of the examples are asked for once: then only those of samples.
    assert.equal(asked.length, 4);
  } finally {
    evaluator.close();
  }
});

Deno.test("with examples held out, samples that are training examples are told from others", async () => {
  const plan = new ShardPlan({ num_examples: 300, num_shards: 4, batch: 8, holdout: 0.2, seed: 1 });
  const evaluator = new Evaluator(DATA, { metrics: [], featuresOf: null, plan });
  try {
    const { num_samples } = evaluator, copied = plan.shards.flatMap((shard) => [...shard]);
    const copies = decodeExamples(
      gatherExamples(DATA, Uint32Array.from({ length: num_samples }, (_, i) => copied[i % copied.length]!)),
      DATA.encoding,
    );
    const of_copies = (await evaluator.judge(copies)).nearest_training!;
    const of_others = (await evaluator.judge(samplesOf(num_samples))).nearest_training!;
    assert.deepEqual([of_copies.samples, of_copies.searched], [0, 240]);
    assert.equal(of_copies.held_out, of_others.held_out);
    assert.ok(of_others.samples > 0.5 * of_others.held_out, JSON.stringify(of_others));
  } finally {
    evaluator.close();
  }
});
