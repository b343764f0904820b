import assert from "node:assert/strict";
import { verdictTable } from "../../../tasks/compare_presets/verdict_table.ts";

/** A run with these distances and diversities. */
function run(name: string, label: string, distances: number[], diversities: (number | undefined)[]) {
  const summary = {
    evaluations: distances.map((sliced_wasserstein, step) => ({ step, sliced_wasserstein })),
    samples: diversities.map((diversity, step) => ({ step, file: "", diversity })),
  };
  return { name, summary, verdict: { label } } as unknown as Parameters<typeof verdictTable>[0][number];
}

Deno.test("a comparison's runs, the nearest to the data first, one without a distance last", () => {
  const runs = [
    run("gan", "Failing", [], []),
    run("wgan", "Learning", [0.8, 0.25], [0.1, 0.9, undefined]),
    run("wgan-gp", "Levelled off", [0.8, 0.125], [0.1, 1]),
  ];
  assert.deepEqual(verdictTable(runs, 100), [
    "PRESET   DISTANCE  DIVERSITY  VERDICT",
    "wgan-gp     0.125          1  Levelled off",
    "wgan         0.25        0.9  Learning",
    "gan             -          -  Failing",
    "Distance of samples to the data: lower is better. Diversity: 1 is as varied as the data.",
  ]);
  for (const line of verdictTable(runs, 40)) assert.ok(line.length <= 40, line);
});
