/** `evaluate` as a person runs it, on a small generator of random weights; networks for features; what is refused. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { openDataSet } from "../../../coordinator/data/resolve.ts";
import { Generator } from "../../../library/generator.ts";
import { modelOf } from "../../../library/model.ts";
import { compareWith, referenceOf } from "../../../metrics/comparison.ts";
import { GraphBuilder } from "../../../onnx/builder.ts";
import { encodeModel } from "../../../onnx/codec.ts";
import type { Shape } from "../../../onnx/graph.ts";
import { latents } from "../../../random/latents.ts";
import { embeddedFeatures, featuresFrom, ownValues } from "../../../tasks/evaluate/feature_network.ts";
import { examplesOf, findJudged, labelsLike } from "../../../tasks/evaluate/judged.ts";
import { evaluationLines, spreadOf } from "../../../tasks/evaluate/results.ts";
import { taskArgs } from "../../e2e/child.ts";
import { inTempDir } from "../../temp_dir.ts";
import { generatorBytes } from "../small_generator.ts";

const READING = { image_size: undefined, channels: undefined, seed: 1 };

async function evaluate(cwd: string, ...args: string[]) {
  const command = new Deno.Command(Deno.execPath(), { args: [...taskArgs("evaluate"), ...args], cwd });
  const { code, stdout, stderr } = await command.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** Takes x [N, ...shape] and gives the sum of each example. */
function sums(shape: Shape): Uint8Array {
  const b = new GraphBuilder("sums");
  const x = b.input("x", "float32", ["N", ...shape]);
  const axes = b.ints(shape.map((_, axis) => axis + 1));
  b.output(b.op("Unsqueeze", [b.op("ReduceSum", [x, axes], { keepdims: 0 }), b.ints([1])]), "features");
  return encodeModel(modelOf(b.build()));
}

Deno.test("the table and the JSON have the figures of the samples that the seed draws", () =>
  inTempDir(async (folder) => {
    await Deno.writeFile(join(folder, "generator.onnx"), await generatorBytes([16, 16], [-1, 1]));
    const options = [
      "--against",
      "strokes",
      "--count",
      "40",
      "--repeats",
      "2",
      "--seed",
      "5",
      "--features",
      "values",
    ];
    const { code, stdout, stderr } = await evaluate(
      folder,
      "generator.onnx",
      ...options,
      "--json",
      "out.json",
    );
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(
      stdout,
      /^40 samples of generator\.onnx, mean of 2 times, against 40 examples of strokes\nFeatures: the 256 values of an example\n/,
    );
    assert.match(stdout, /\nprecision +\d\.\d{3} +± \d\.\d{3} +\d\.\d{3} {2}higher is better\n/);

    const data = await openDataSet({ dataset: "strokes", seed: 5 });
    const reference = referenceOf({ values: examplesOf(data, 40, 5), dimension: 256 });
    const generator = await Generator.open(join(folder, "generator.onnx"));
    const expected = [];
    for (const seed of [5, 6]) {
      const values = await generator.draw(latents(seed, 40, generator.latent));
      expected.push(compareWith(reference, { values, dimension: 256 }));
    }
    const written = JSON.parse(await Deno.readTextFile(join(folder, "out.json")));
    assert.deepEqual(written.of_each_time, expected);
    assert.deepEqual(
      written.other_examples,
      compareWith(reference, { values: examplesOf(data, 40, 5, 1), dimension: 256 }),
    );
    assert.deepEqual(
      written.figures.frechet_distance,
      spreadOf(expected.map(({ frechet_distance }) => frechet_distance)),
    );
  }));

Deno.test("what cannot be evaluated is refused in one line", () =>
  inTempDir(async (folder) => {
    await Deno.writeFile(join(folder, "generator.onnx"), await generatorBytes([16, 16], [-1, 1]));
    const refused = async (args: string[], message: RegExp) => {
      const { code, stdout, stderr } = await evaluate(folder, ...args);
      assert.deepEqual([code, stdout], [2, ""]);
      assert.match(stderr, message);
      assert.equal(stderr.trimEnd().split("\n").length, 1, stderr);
    };
    await Promise.all([
      refused([], /^Cannot evaluate: samples are required, found none/),
      refused(
        ["generator.onnx"],
        /^Cannot evaluate samples of generator\.onnx: data to compare with is required/,
      ),
      refused(
        ["generator.onnx", "--against", "8gaussians"],
        /must have the same shape, found 16 x 16 and 2;/,
      ),
    ]);
  }));

Deno.test("data are judged as examples, in an order by the seed", async () => {
  const judged = await findJudged("8gaussians", "runs", READING);
  assert.deepEqual([judged.about, judged.varies, judged.example_shape], ["examples of 8gaussians", false, [
    2,
  ]]);
  assert.equal((await judged.draw(10, 0)).length, 20);
  await assert.rejects(findJudged("nowhere", "runs", READING), /nowhere/);
});

Deno.test("features: a network takes pictures flat, as they are, and grey ones three times", () =>
  inTempDir(async (folder) => {
    const examples = Float32Array.from({ length: 70 * 12 }, (_, i) => i % 12);
    const sum_of_all = 66;
    for (
      const [name, shape, times] of [["flat", [12], 1], ["grey", [1, 3, 4], 1], [
        "colour",
        [3, 3, 4],
        3,
      ]] as const
    ) {
      const path = join(folder, `${name}.onnx`);
      await Deno.writeFile(path, sums(shape));
      const { values, dimension } = await (await featuresFrom(path, [3, 4])).featuresOf(examples);
      assert.equal(dimension, 1);
      assert.deepEqual([...new Set(values)], [sum_of_all * times], name);
      assert.equal(values.length, 70);
    }
    await assert.rejects(
      featuresFrom(join(folder, "flat.onnx"), [5]),
      /takes examples of 12, but the data's are 5;/,
    );
    await Deno.writeTextFile(join(folder, "no.onnx"), "none");
    await assert.rejects(featuresFrom(join(folder, "no.onnx"), [5]), /Cannot use the feature network/);
    await assert.rejects(featuresFrom(join(folder, "absent.onnx"), [5]), /Cannot read the feature network/);
  }));

Deno.test("features: the embedded network sees colour as grey, and nothing but images", async () => {
  const network = await embeddedFeatures([3, 8, 8]), grey = await embeddedFeatures([8, 8]);
  const planes = Float32Array.from(
    { length: 3 * 64 },
    (_, i) => (i % 64) / 64 + [-0.5, 0, 0.5][Math.floor(i / 64)]!,
  );
  const mean = Float32Array.from({ length: 64 }, (_, i) => i / 64);
  const [colour, plain] = [await network.featuresOf(planes), await grey.featuresOf(mean)];
  assert.equal(plain.dimension, 64);
  plain.values.forEach((value, i) => assert.ok(Math.abs(value - colour.values[i]!) < 1e-5));
  await assert.rejects(embeddedFeatures([2]), /grey or colour images are required, found examples of 2;/);
});

Deno.test("features: values are compared as training had them", async () => {
  const scaling = { offset: [10, 0], factor: [2, 5] };
  const { values } = await ownValues([2], scaling).featuresOf(Float32Array.of(12, 10, 8, -5));
  assert.deepEqual([...values], [1, 2, -1, -1]);
});

Deno.test("the table has no spread of one time, and no column of others where there are too few", () => {
  const figures = {
    frechet_distance: 12.345,
    kernel_distance: 0.0123,
    sliced_wasserstein: 0.5,
    precision: 1,
    recall: 0.25,
    density: 1.2,
    coverage: 0,
  };
  const about = {
    samples: "examples of a",
    data: "b",
    features: "values",
    num_samples: 9,
    num_examples: 1,
    seed: 1,
  };
  const lines = evaluationLines({ ...about, figures: [figures], others: null, table: null });
  assert.equal(lines[0], "9 examples of a, against 1 example of b");
  assert.ok(
    lines.some((line) => /^kernel distance x 1000 +12\.3 +lower is better$/.test(line)),
    lines.join("\n"),
  );
  assert.ok(!lines.join("\n").includes("±"));
});

Deno.test("samples have the classes of the data as often as the data, and each class in turn where nobody knows", async () => {
  assert.deepEqual([...labelsLike([1, 0, 3], 8)], [0, 0, 2, 2, 2, 2, 2, 2]);
  assert.deepEqual([...labelsLike([5, 5], 3)], [0, 1, 1]);
  const generator = await Generator.of(await generatorBytes([2, 3], [-1, 1], null, ["a", "b"]));
  const noise = latents(1, 5, generator.latent);
  assert.deepEqual(await generator.draw(noise), await generator.draw(noise, [0, 1, 0, 1, 0]));
  assert.notDeepEqual(await generator.draw(noise), await generator.draw(noise, [0, 0, 0, 0, 0]));
});
