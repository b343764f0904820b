/** Figures against torch-fidelity, prdc and SciPy (scripts/goldens/make_feature_metrics_goldens.py), and their own rules. */
import assert from "node:assert/strict";
import { chosenFigures, chosenReference, compareWith, referenceOf } from "../../metrics/comparison.ts";
import type { Features } from "../../metrics/features.ts";
import { frechetDistanceOf } from "../../metrics/frechet_distance.ts";
import { kernelDistance } from "../../metrics/kernel_distance.ts";
import { fillNormal } from "../../random/philox.ts";
import goldens from "./goldens/feature_metrics.json" with { type: "json" };

/**
 * Of the distances, relative. Measured: 2.1e-9 where covariances are singular (SciPy and torch-fidelity are 3.9e-9 from
 * each other there).
 */
const TOLERANCE = 1e-8;

function featuresIn(hex: string, dimension: number): Features {
  return { values: new Float32Array(Uint8Array.fromHex(hex).buffer), dimension };
}

function normals(count: number, dimension: number, counter: number, shift = 0): Features {
  const values = new Float32Array(count * dimension);
  fillNormal(values, { seed: 3, purpose: "evaluation", counter, shard: 9 });
  return { values: values.map((value) => value + shift), dimension };
}

const relativeError = (found: number, expected: number) => Math.abs(found - expected) / Math.abs(expected);

for (const golden of goldens.sets) {
  Deno.test(`metrics of ${golden.name}: those of torch-fidelity, prdc and SciPy`, () => {
    const [real, fake] = [
      featuresIn(golden.real, golden.dimension),
      featuresIn(golden.fake, golden.dimension),
    ];
    const found = compareWith(referenceOf(real), fake);
    const { precision, recall, density, coverage } = found;
    assert.deepEqual({ precision, recall, coverage }, {
      precision: golden.precision,
      recall: golden.recall,
      coverage: golden.coverage,
    });
    assert.ok(Math.abs(density - golden.density) < 1e-12, `${density}`);
    for (const name of ["frechet_distance", "kernel_distance"] as const) {
      const error = relativeError(found[name], golden[name]);
      assert.ok(error < TOLERANCE, `${name}: ${found[name]}, off by ${error}`);
    }
  });
}

Deno.test("metrics: a set against itself is at no distance, and is what it is among", () => {
  const features = normals(60, 5, 1);
  const { frechet_distance, sliced_wasserstein, ...rest } = compareWith(referenceOf(features), features);
  assert.ok(frechet_distance < 1e-12, `${frechet_distance}`);
  assert.equal(sliced_wasserstein, 0);
  assert.deepEqual([rest.precision, rest.recall, rest.coverage], [1, 1, 1]);
});

Deno.test("Fréchet distance: a shift adds its square, and is the same both ways", () => {
  const one = normals(500, 4, 1), shifted = { ...one, values: one.values.map((value) => value + 0.5) };
  assert.ok(Math.abs(frechetDistanceOf(one, shifted) - 4 * 0.25) < 1e-6);
  assert.ok(relativeError(frechetDistanceOf(shifted, one), frechetDistanceOf(one, shifted)) < 1e-9);
});

Deno.test("kernel distance: blocks of what is there, around 0 for one distribution, with its error", () => {
  const apart = kernelDistance(normals(900, 3, 1), normals(900, 3, 2, 1), { block: 100 });
  const alike = kernelDistance(normals(900, 3, 1), normals(900, 3, 2), { block: 100 });
  assert.deepEqual([apart.num_blocks, alike.num_blocks], [9, 9]);
  assert.ok(Math.abs(alike.mean) < 4 * alike.standard_error, JSON.stringify(alike));
  assert.ok(apart.mean > 10 * apart.standard_error, JSON.stringify(apart));
  const one_block = kernelDistance(normals(50, 3, 1), normals(90, 3, 2));
  assert.equal(one_block.num_blocks, 1);
  assert.ok(Number.isNaN(one_block.standard_error));
});

Deno.test("metrics: sets that are too small or do not fit are refused", () => {
  assert.throws(
    () => referenceOf(normals(5, 3, 1)),
    /must be 6 or more whole vectors of 3 numbers: found 15 numbers/,
  );
  assert.throws(() => referenceOf({ values: new Float32Array(20), dimension: 3 }), /whole vectors of 3/);
  assert.throws(() => frechetDistanceOf(normals(9, 3, 1), normals(9, 2, 1)), /one length: found 3 and 2/);
  assert.throws(() => kernelDistance(normals(9, 3, 1), normals(9, 2, 1)), /one length: found 3 and 2/);
});

Deno.test("metrics that are chosen are those of all, and no others", () => {
  const real = normals(40, 3, 1), fake = normals(30, 3, 2, 0.5);
  const all = compareWith(referenceOf(real), fake);
  for (
    const names of [["frechet_distance"], ["kernel_distance", "recall"], [
      "coverage",
      "density",
      "precision",
    ]] as const
  ) {
    const required = Object.fromEntries(names.map((name) => [name, all[name]]));
    assert.deepEqual(chosenFigures(chosenReference(real, names), fake), required);
  }
  assert.throws(() => chosenReference(normals(5, 3, 1), ["frechet_distance"]), RangeError);
});
