import assert from "node:assert/strict";
import { DATASET_NAMES, openDataSet } from "../../../coordinator/data/resolve.ts";

Deno.test("built-in sets open by name, drawn from the seed; strokes are the default", async () => {
  for (const dataset of DATASET_NAMES) {
    const [one, two] = await Promise.all([1, 2].map((seed) => openDataSet({ dataset, seed })));
    assert.equal(one!.name, dataset);
    assert.notEqual(await one!.sha256(), await two!.sha256());
  }
  assert.equal((await openDataSet({ seed: 1 })).name, "strokes");
});

Deno.test("refuses unknown names, and a name beside a path", async () => {
  await assert.rejects(openDataSet({ dataset: "mnist", seed: 1 }), {
    name: "UserError",
    message:
      "Cannot choose the data: --dataset must be one of strokes, 8gaussians, 25gaussians, swissroll, found mnist",
  });
  await assert.rejects(openDataSet({ dataset: "strokes", data: "x.gz", seed: 1 }), {
    name: "UserError",
    message:
      "Cannot choose the data: one of --dataset and --data is required, found both (strokes and x.gz); " +
      "leave one out",
  });
});
