import assert from "node:assert/strict";
import {
  BestCheckpoint,
  type BestCheckpointOptions,
} from "../../../../coordinator/run/checkpoints/best_checkpoint.ts";

function scene(options: Partial<BestCheckpointOptions> = {}) {
  let generated = 0;
  const written: number[] = [];
  const best = new BestCheckpoint({
    measure: "sliced_wasserstein",
    best: null,
    generator: () => Uint8Array.of(++generated),
    write: (generator) => {
      written.push(generator[0]!);
      return Promise.resolve();
    },
    ...options,
  });
  const judge = async (step: number, sliced_wasserstein: number) =>
    (await best.judged({ type: "evaluation", step, sliced_wasserstein }))?.value ?? null;
  return { best, written, judge };
}

Deno.test("the best checkpoint is the one with the least distance, and its generator that of its own step", async () => {
  const { best, written, judge } = scene();
  for (const step of [0, 10, 20, 30]) best.propose(step);
  // Nothing is known yet of any but the untrained one, which never counts.
  assert.deepEqual([...best.kept], [10, 20, 30]);
  assert.equal(await judge(0, 0.1), null);
  assert.deepEqual(await best.judged({ type: "evaluation", step: 10, sliced_wasserstein: 0.5 }), {
    type: "best",
    step: 10,
    measure: "sliced_wasserstein",
    value: 0.5,
    file: "checkpoints/step-000000010.safetensors",
    generator: "best_generator.onnx",
  });
  // As good is not better.
  assert.equal(await judge(20, 0.5), null);
  assert.deepEqual([...best.kept], [10, 30]);
  assert.equal(await judge(30, 0.25), 0.25);
  assert.deepEqual([...best.kept], [30]);
  assert.deepEqual(written, [1, 3]);
});

Deno.test("a resumed run goes on with its best; what could not be judged does not stay", async () => {
  const { best, written, judge } = scene({ best: { step: 40, value: 0.3 } });
  best.propose(50);
  best.drop(50);
  assert.deepEqual([...best.kept], [40]);
  best.propose(60);
  assert.equal(await judge(60, 0.31), null);
  assert.deepEqual([...best.kept], [40]);
  assert.deepEqual(written, []);
});

Deno.test("of shares, more is better; a figure that was not measured is none", async () => {
  const { best, judge } = scene({ measure: "recall" });
  for (const step of [1, 2, 3]) best.propose(step);
  const recall = async (step: number, recall: number) =>
    (await best.judged({ type: "evaluation", step, sliced_wasserstein: 9, recall }))?.value;
  assert.equal(await judge(1, 0.1), null);
  assert.equal(await recall(2, 0.5), 0.5);
  assert.equal(await recall(3, 0.25), undefined);
  assert.deepEqual([...best.kept], [2]);
});
