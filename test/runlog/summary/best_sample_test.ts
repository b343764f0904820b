import assert from "node:assert/strict";
import { bestSample } from "../../../runlog/summary/best_sample.ts";

Deno.test("the best picture is the one nearest to the data, of those measured at their step", () => {
  const samples = [0, 10, 20, 30].map((step) => ({ step, file: `${step}.png` }));
  const evaluations = [[0, 0.5], [15, 0.01], [20, 0.1], [30, 0.1]].map(([step, sliced_wasserstein]) => (
    { step: step!, sliced_wasserstein: sliced_wasserstein! }
  ));
  assert.deepEqual(bestSample({ samples, evaluations }), {
    step: 20,
    file: "20.png",
    sliced_wasserstein: 0.1,
  });
  assert.equal(bestSample({ samples, evaluations: evaluations.slice(1, 2) }), null);
  assert.equal(bestSample({ samples: [], evaluations }), null);
});
