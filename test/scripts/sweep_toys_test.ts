import assert from "node:assert/strict";
import { noneSkipped } from "../../runlog/log/reader.ts";
import { RunFold } from "../../runlog/summary/summary.ts";
import { folderOf, gridOf, table } from "../../scripts/sweep_toys.ts";
import { runRecord } from "../runlog/log/example_log.ts";

Deno.test("sweep: every combination of the axes, each with a folder of its own", () => {
  const grid = gridOf(["lr=1e-4,5e-4", "n_critic=5", "seed=1,2"]);
  assert.deepEqual(grid.map(folderOf), [
    "lr=1e-4_n_critic=5_seed=1",
    "lr=1e-4_n_critic=5_seed=2",
    "lr=5e-4_n_critic=5_seed=1",
    "lr=5e-4_n_critic=5_seed=2",
  ]);
  assert.throws(() => gridOf(["lr"]), {
    name: "UserError",
    message: "Option --grid must be NAME=VALUE,VALUE,…, found lr",
  });
});

Deno.test("sweep: the best run comes first: modes, then quality, then distance", () => {
  const result = (folder: string, covered: number, high_quality: number, sliced_wasserstein: number) => {
    const fold = new RunFold();
    fold.add(runRecord());
    fold.add({
      type: "evaluation",
      step: 9,
      sliced_wasserstein,
      modes: { count: 8, covered, high_quality },
    });
    return { folder, summary: fold.summary(false, noneSkipped()) };
  };
  const lines = table([result("a", 7, 0.9, 0.1), result("b", 8, 0.5, 0.3), result("c", 8, 0.5, 0.2)]);
  assert.deepEqual(lines.slice(2), [
    "| c | 8 of 8 | 50 % | 0.2000 |",
    "| b | 8 of 8 | 50 % | 0.3000 |",
    "| a | 7 of 8 | 90 % | 0.1000 |",
  ]);
});
