/** Tables for spreadsheets: what others named is text there, whatever it looks like. */
import assert from "node:assert/strict";
import { rowsOf, TABLES } from "../../../runlog/export/csv.ts";
import { RunEvents } from "../../../runlog/export/tensorboard/run_events.ts";
import type { RunRecord } from "../../../runlog/records.ts";

Deno.test("names that a spreadsheet would compute as formulas stay text; numbers below 0 stay numbers", () => {
  const critic_gradients = { "=1+1": -0.5, "+1": 1, "-a": 1, "@sum": 1, "\tx": 1, 'a,"=': 1, "critic.w": 1 };
  const rows = rowsOf(
    {
      type: "vitals",
      step: 3,
      clipped: 0,
      critic_gradients,
      generator_gradients: {},
    } as Parameters<typeof rowsOf>[0],
  );
  assert.deepEqual(rows.slice(1).map(({ text }) => text), [
    "3,critic,'=1+1,-0.5",
    "3,critic,'+1,1",
    "3,critic,'-a,1",
    "3,critic,'@sum,1",
    "3,critic,'\tx,1",
    '3,critic,"a,""=",1',
    "3,critic,critic.w,1",
  ]);
});

Deno.test("figures that --metrics names are columns, and curves of TensorBoard", () => {
  const record: RunRecord = {
    ...{ type: "evaluation", step: 9, sliced_wasserstein: 0.25, num_samples: 40 },
    ...{ kernel_distance: 0.002, recall: 0.5 },
  };
  const [row] = rowsOf(record), titles = TABLES["evaluations.csv"];
  const cells = Object.fromEntries(row!.text.split(",").map((cell, i) => [titles[i], cell]));
  assert.deepEqual([cells.sliced_wasserstein, cells.kernel_distance, cells.recall, cells.precision], [
    ...["0.25", "0.002", "0.5", ""],
  ]);
  assert.deepEqual(new RunEvents().of(record)!.values, [
    { tag: "samples/sliced_wasserstein", scalar: 0.25 },
    { tag: "samples/kernel_distance", scalar: 0.002 },
    { tag: "samples/recall", scalar: 0.5 },
  ]);
});
