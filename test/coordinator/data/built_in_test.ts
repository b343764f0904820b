import assert from "node:assert/strict";
import { drawStrokes, GLYPHS, STROKES_SIDE } from "../../../coordinator/data/strokes.ts";
import { drawToy, MIXTURES, TOY_NAMES } from "../../../coordinator/data/toy.ts";
import { decodeExamples } from "../../../coordinator/data/data_set.ts";
import goldens from "./goldens/built_in.json" with { type: "json" };

const SEED = 7;

for (const name of TOY_NAMES) {
  Deno.test(`${name} has the bytes of the Python implementation`, () => {
    const data = drawToy(name, SEED, 60);
    assert.equal(data.bytes.toHex(), goldens[name]);
    assert.deepEqual([data.name, data.num_examples, data.example_bytes], [name, 60, 8]);
  });
}

Deno.test("strokes have the bytes of the Python implementation", () => {
  const data = drawStrokes(SEED, 30);
  assert.equal(data.bytes.toHex(), goldens.strokes);
  assert.deepEqual([data.num_examples, data.example_shape, data.example_bytes], [30, [16, 16], 256]);
});

Deno.test("an example depends on seed and index alone", () => {
  for (const draw of [drawStrokes, (seed: number, n: number) => drawToy("swissroll", seed, n)]) {
    const long = draw(3, 20), short = draw(3, 5);
    assert.deepEqual(long.bytes.subarray(0, short.bytes.length), short.bytes);
    assert.notDeepEqual(draw(4, 5).bytes, short.bytes);
  }
});

for (const name of ["8gaussians", "25gaussians"] as const) {
  Deno.test(`${name}: every mode has its share, mean and spread`, () => {
    const { centres, std, divisor } = MIXTURES[name];
    const per_mode = 1000;
    const values = decodeExamples(drawToy(name, 5, per_mode * centres.length).bytes, "float32");
    for (const [mode, centre] of centres.entries()) {
      for (const axis of [0, 1] as const) {
        const offsets = Array.from(
          { length: per_mode },
          (_, k) => (values[2 * (k * centres.length + mode) + axis]! * divisor - centre[axis]) / std,
        );
        const mean = offsets.reduce((a, b) => a + b, 0) / per_mode;
        const variance = offsets.reduce((a, b) => a + b * b, 0) / per_mode;
        // 4.5 standard errors: of 66 means and variances, one beyond has probability 5e-4.
        assert.ok(Math.abs(mean) < 4.5 / Math.sqrt(per_mode), `mode ${mode}: mean ${mean}`);
        assert.ok(
          Math.abs(variance - 1) < 4.5 * Math.sqrt(2 / per_mode),
          `mode ${mode}: variance ${variance}`,
        );
      }
    }
  });
}

Deno.test("the ring has radius 2 / 1.414 and the grid spans -4 to 4 by 2 over 2.828", () => {
  for (const [x, y] of MIXTURES["8gaussians"].centres) {
    assert.ok(Math.abs(Math.hypot(x, y) - 2) < 1e-15);
  }
  assert.equal(new Set(MIXTURES["25gaussians"].centres.map(String)).size, 25);
  assert.ok(MIXTURES["25gaussians"].centres.flat().every((v) => [-4, -2, 0, 2, 4].includes(v)));
});

Deno.test("each glyph shows ink at full strength on a clear background, and is unlike the others", () => {
  const glyphs = Object.keys(GLYPHS).length, rounds = 200;
  const { bytes } = drawStrokes(1, glyphs * rounds);
  const size = STROKES_SIDE ** 2;
  const means = Array.from({ length: glyphs }, () => new Float64Array(size));
  for (let i = 0; i < glyphs * rounds; i++) {
    const image = bytes.subarray(i * size, (i + 1) * size);
    const full = image.filter((v) => v === 255).length, empty = image.filter((v) => v === 0).length;
    // Measured: 10 or more, 142 or more.
    assert.ok(full >= 5 && empty >= 120, `example ${i}: ${full} pixels of ink, ${empty} empty`);
    image.forEach((v, k) => means[i % glyphs]![k]! += v / 255 / rounds);
  }
  for (const [i, a] of means.entries()) {
    for (const b of means.slice(0, i)) {
      const distance = Math.sqrt(a.reduce((sum, v, k) => sum + (v - b[k]!) ** 2, 0));
      assert.ok(distance > 2, `glyph ${i}: mean image ${distance} from another`); // measured: 3.26 or more
    }
  }
});

Deno.test("a set without examples is refused", () => {
  const message = "A data set must have 1 or more examples: found 0";
  assert.throws(() => drawStrokes(1, 0), { name: "RangeError", message });
  assert.throws(() => drawToy("swissroll", 1, 0), { name: "RangeError", message });
});
