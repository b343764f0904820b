import assert from "node:assert/strict";
import { decodeExamples } from "../../../coordinator/data/data_set.ts";
import { drawToy, MIXTURES } from "../../../coordinator/data/toy.ts";
import { countModes } from "../../../coordinator/evaluation/modes.ts";
import goldens from "./goldens/evaluation.json" with { type: "json" };

Deno.test("counts agree with numpy's", () => {
  const { samples, ...expected } = goldens.grid;
  const found = countModes(new Float32Array(Uint8Array.fromHex(samples).buffer), MIXTURES["25gaussians"]);
  assert.deepEqual(found, { num_samples: 800, num_modes: 25, ...expected });
  assert.ok(expected.covered < 25 && expected.high_quality < 0.9, "the golden must not be the perfect case");
});

for (const name of ["8gaussians", "25gaussians"] as const) {
  Deno.test(`${name}: the data themselves cover every mode`, () => {
    const samples = decodeExamples(drawToy(name, 1, 2500).bytes, "float32");
    const { covered, num_modes, high_quality } = countModes(samples, MIXTURES[name]);
    assert.equal(covered, num_modes);
    // Within 3 std in two dimensions: 1 - exp(-4.5) = 0.9889; 4 standard errors are 0.0084.
    assert.ok(Math.abs(high_quality - 0.9889) < 0.0084, `${high_quality}`);
  });
}

Deno.test("a mode is covered from 1 % of the samples on, and quality ends at 3 standard deviations", () => {
  const { centres, std, divisor } = MIXTURES["8gaussians"];
  const at = (
    mode: number,
    stds: number,
  ) => [(centres[mode]![0] + stds * std) / divisor, centres[mode]![1] / divisor];
  const inside = Array.from({ length: 98 }, () => at(0, 2.99));
  const report = countModes(
    Float32Array.from([...inside, at(1, -2.99), at(2, 3.01)].flat()),
    MIXTURES["8gaussians"],
  );
  assert.deepEqual(report.counts, [98, 1, 0, 0, 0, 0, 0, 0]);
  assert.deepEqual([report.covered, report.high_quality], [2, 0.99]);
  const more = Float32Array.from([...inside, at(0, 0), at(0, 0), at(1, 0)].flat());
  assert.equal(countModes(more, MIXTURES["8gaussians"]).covered, 1); // 1 of 101 is less than 1 %
});

Deno.test("half a pair is refused", () => {
  assert.throws(() => countModes(new Float32Array(3), MIXTURES["8gaussians"]), {
    name: "RangeError",
    message: "Samples must be one or more x, y pairs: found 3 numbers",
  });
});
