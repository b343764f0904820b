import assert from "node:assert/strict";
import { describeValues, introductionOf } from "../../../coordinator/run/introduction.ts";
import type { Prepared } from "../../../coordinator/run/prepare.ts";

const RUN = {
  config: { preset: "wgan", steps: 2_000, batch: 64, shards: 1, seed: 7 },
  data: {
    data: { name: "faces", num_examples: 110, example_shape: [3, 8, 8] },
    plan: { holdout: { length: 10 } },
  },
  facts: { incarnation: 0, manifest: { layouts: { generator: { size: 12_345 }, critic: { size: 678 } } } },
  state: { step: 1_500 },
  checkpoint: null,
  values: { min: -1, max: 1, mean: 0.012_34, sd: 0.5 },
  folder: { path: "runs/x" },
  record: {},
  notes: ["Note of own networks"],
  passed_over: [{ file: "step-2.json", reason: "it is cut off" }],
} as unknown as Prepared;

Deno.test("a run introduces itself: data without what is held out, networks, folder, notes", () => {
  assert.deepEqual(introductionOf(RUN), [
    "Training wgan on faces: 100 examples of 3 x 8 x 8, 2,000 critic steps of 64 in 1 shard, seed 7",
    "Values from -1 to 1, mean 0.0123, standard deviation 0.5",
    "Generator 12,345 parameters, critic 678; run folder runs/x",
    "Note of own networks",
    "Skipped checkpoint step-2.json: it is cut off",
  ]);
});

Deno.test("the name and the note that a person gave come first, cleaned", () => {
  const record = { name: "first", note: "a\nb\x1b[2J" } as unknown as Prepared["record"];
  assert.deepEqual(introductionOf({ ...RUN, record }).slice(0, 2), ["Run first", "Note: a b\ufffd[2J"]);
});

Deno.test("a resumed run says from where, a preset of the data's name is said once", () => {
  const facts = { ...RUN.facts, incarnation: 1 };
  assert.equal(
    introductionOf({ ...RUN, facts }).at(-1),
    "Resuming at step 1,500 from the start (no usable checkpoint)",
  );
  const checkpoint = { file: "step-1500.safetensors" } as Prepared["checkpoint"];
  const resumed = introductionOf({ ...RUN, facts, checkpoint });
  assert.equal(resumed.at(-1), "Resuming at step 1,500 from checkpoint step-1500.safetensors");
  const set = { ...RUN.data.data, name: "wgan", example_shape: [2] };
  const data = { data: set, plan: RUN.data.plan } as unknown as Prepared["data"];
  assert.match(introductionOf({ ...RUN, data })[0]!, /^Training wgan: 100 examples of 2 numbers, /);
});

Deno.test("values that are far out are warned of", () => {
  const text = describeValues({ min: 0, max: 255, mean: 127, sd: 70 });
  assert.equal(
    text,
    "Values from 0 to 255, mean 127, standard deviation 70: far outside -1 to 1, use --scale minmax",
  );
});
