/** Figures of tables against SciPy and NumPy (scripts/goldens/make_table_goldens.py). */
import assert from "node:assert/strict";
import { encodedNames } from "../../common/values/table.ts";
import { tableFigures } from "../../metrics/table_figures.ts";
import golden from "./goldens/table_figures.json" with { type: "json" };

const TABLE = [{ name: "a" }, { name: "b" }, { name: "kind", categories: ["x", "y", "z"] }];
const rowsIn = (hex: string) => new Float32Array(Uint8Array.fromHex(hex).buffer);

Deno.test("figures of a table: those of SciPy and NumPy", () => {
  const { columns, correlation } = tableFigures(rowsIn(golden.real), rowsIn(golden.fake), TABLE);
  const expected = [...golden.ks, golden.tv], names = encodedNames(TABLE);
  assert.deepEqual(columns.map(({ measure }) => measure), ["ks", "ks", "tv"]);
  columns.forEach(({ value }, i) => assert.ok(Math.abs(value - expected[i]!) < 1e-12, `${value}`));
  assert.ok(Math.abs(correlation!.difference - golden.correlation) < 1e-12, `${correlation!.difference}`);
  assert.deepEqual(correlation!.between, golden.between.map((i) => names[i]));
});

Deno.test("figures of a table: none of itself; rows must be whole", () => {
  const real = rowsIn(golden.real);
  const { columns, correlation } = tableFigures(real, real, TABLE);
  assert.deepEqual(columns.map(({ value }) => value), [0, 0, 0]);
  assert.equal(correlation!.difference, 0);
  assert.throws(() => tableFigures(real, real.subarray(1), TABLE), RangeError);
  assert.equal(tableFigures(real.subarray(0, 2), real.subarray(0, 2), [{ name: "a" }]).correlation, null);
});
