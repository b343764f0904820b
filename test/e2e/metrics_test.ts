/** Metrics during training (--metrics): the figures of deno task evaluate, and a run of the same bits. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { drawStrokes } from "../../coordinator/data/strokes.ts";
import { Generator } from "../../library/generator.ts";
import { chosenFigures, chosenReference } from "../../metrics/comparison.ts";
import { fillNormal } from "../../random/philox.ts";
import { SAMPLE_NOISE } from "../../random/sample_noise.ts";
import { shownFigures } from "../../runlog/measures.ts";
import { embeddedFeatures } from "../../tasks/evaluate/feature_network.ts";
import { examplesOf } from "../../tasks/evaluate/judged.ts";
import { inTempDir } from "../temp_dir.ts";
import { trainHere } from "./train_here.ts";

const FIGURES = ["frechet_distance", "kernel_distance"] as const;

Deno.test("figures of features are those of deno task evaluate, and no bit depends on them", () =>
  inTempDir(async (folder) => {
    const run = ["--steps", "30", "--batch", "16", "--lr", "2e-3", "--sample-every", "0", "--seed", "5"];
    const out = join(folder, "run");
    const measured = await trainHere([...run, "--metrics", "kid", "--keep-best", "fid", "--out", out]);
    const plain = await trainHere([...run, "--workers", "2", "--out", join(folder, "plain")]);
    assert.equal(measured.weights_sha256, plain.weights_sha256);
    assert.equal(measured.best!.measure, "frechet_distance");
    const { step, num_samples = 0, ...found } = measured.evaluations.at(-1)!;
    assert.equal(step, 30);
    const generator = await Generator.open(join(out, "generator.onnx"));
    const noise = new Float32Array(num_samples * generator.latent);
    fillNormal(noise, { seed: 5, purpose: "sample", counter: SAMPLE_NOISE.evaluation, shard: 0 });
    const network = await embeddedFeatures([16, 16]);
    const real = await network.featuresOf(examplesOf(drawStrokes(5), num_samples, 1));
    const drawn = await network.featuresOf(await generator.draw(noise));
    const required = chosenFigures(chosenReference(real, FIGURES), drawn);
    assert.deepEqual(Object.fromEntries(shownFigures(found)), {
      frechet_distance: required.frechet_distance,
      kernel_distance: 1000 * required.kernel_distance!,
    });
    assert.deepEqual(plain.evaluations.flatMap(shownFigures), []);
  }));
