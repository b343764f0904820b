import assert from "node:assert/strict";
import {
  type ComparisonChoice,
  describeComparison,
  entrantArgs,
  parseComparison,
  planComparison,
} from "../../../tasks/compare_presets/comparison_plan.ts";

const CHOICE: ComparisonChoice = {
  data: "some/images",
  dataset: null,
  image_size: null,
  channels: null,
  presets: null,
  seed: 3,
  examples: 1000,
  batch: null,
};
const IMAGES = { name: "images", num_examples: 400, example_shape: [28, 28] };
const POINTS = { name: "8gaussians", num_examples: 1000, example_shape: [2] };

Deno.test("the declared set on images: one budget of examples, one size of images for all", () => {
  const comparison = planComparison(CHOICE, IMAGES);
  assert.deepEqual(comparison.entrants.map(({ preset }) => preset), ["gan", "dcgan", "wgan", "wgan-gp"]);
  // 16 steps of 64 show 1,024: a step is not cut.
  assert.ok(comparison.entrants.every(({ steps, look_every }) => steps === 16 && look_every === 2));
  assert.equal(comparison.pad_to, 32);
  assert.deepEqual(parseComparison(JSON.stringify(comparison), "x"), comparison);
  assert.deepEqual(
    entrantArgs(comparison, comparison.entrants[2]!, "out/wgan").join(" "),
    "--preset wgan --data some/images --seed 3 --pad-to 32 --steps 16 --sample-every 2 --evaluate-every 2 " +
      "--out out/wgan",
  );
  const shaped = planComparison({ ...CHOICE, image_size: 32, channels: 1 }, IMAGES);
  assert.match(
    entrantArgs(shaped, shaped.entrants[0]!, "o").join(" "),
    /^--preset gan --data some\/images --image-size 32 --channels 1 --seed 3 /,
  );
  const read_as = { fit: "pad", on_bad_item: "skip", layout: "NHW", scale: "minmax" };
  const read = planComparison({ ...CHOICE, ...read_as }, IMAGES);
  assert.match(
    entrantArgs(read, read.entrants[0]!, "o").join(" "),
    /^--preset gan --data some\/images --fit pad --on-bad-item skip --layout NHW --scale minmax --seed 3 /,
  );
  assert.deepEqual(parseComparison(JSON.stringify(read), "x"), read);
  const words = describeComparison(comparison).join(" ");
  assert.match(words, /gan, dcgan, wgan, wgan-gp: .* on images with seed 3\./);
  assert.match(words, /real examples: 1,000, about 2\.5 passes .* border that makes them 32 x 32,/);
});

Deno.test("presets that take images as they are get no border; batches are the preset's or the given", () => {
  const plain = planComparison({ ...CHOICE, presets: "wgan, gan" }, IMAGES);
  assert.deepEqual([plain.pad_to, plain.entrants.map(({ preset }) => preset)], [null, ["wgan", "gan"]]);
  const points = planComparison({ ...CHOICE, data: null, dataset: "8gaussians" }, POINTS);
  assert.deepEqual(points.entrants.map(({ preset, steps }) => [preset, steps]), [
    ["toy-gan", 4],
    ["toy-wgan", 4],
    ["toy-wgan-gp", 4],
  ]);
  const small = planComparison({ ...CHOICE, data: null, dataset: "8gaussians", batch: 8 }, POINTS);
  assert.deepEqual([small.entrants[0]!.steps, small.pad_to], [125, null]);
  assert.match(
    entrantArgs(small, small.entrants[0]!, "o").join(" "),
    /^--preset toy-gan --dataset .* --batch 8 /,
  );
});

Deno.test("what does not fit together is refused, and so is a plan that is none", () => {
  const refused = (presets: string, message: RegExp, data = IMAGES) =>
    assert.throws(() => planComparison({ ...CHOICE, presets }, data), { name: "UserError", message });
  refused("wgan,vae", /^Cannot compare presets: --presets must be names .*, found "vae"$/);
  refused(
    "wgan,gan,wgan",
    /^Cannot compare presets: each of --presets must be named once, found wgan twice$/,
  );
  refused("dcgan", /^Cannot use preset dcgan: .* found points of 2 numbers$/, POINTS);
  const wide = { ...IMAGES, example_shape: [74, 185] };
  refused(
    "wgan,dcgan",
    /^Cannot use preset dcgan: .* get a border, found 185 x 74 \(width x height\); --image-size crops and resizes$/,
    wide,
  );
  for (
    const [text, found] of [["{", "no JSON"], ["null", "format undefined"], ['{"format":1}', "no entrants"]]
  ) {
    assert.throws(() => parseComparison(text!, "p"), {
      name: "UserError",
      message:
        `Cannot continue the comparison: p must be the plan of a comparison of format 1, found ${found}`,
    });
  }
});
