/** Tables for spreadsheets: what others named is text there, whatever it looks like. */
import assert from "node:assert/strict";
import { rowsOf } from "../../../runlog/export/csv.ts";

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
