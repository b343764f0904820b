/** What is drawn of two tables, against NumPy (scripts/goldens/make_table_goldens.py). */
import assert from "node:assert/strict";
import { compareTables } from "../../metrics/table_comparison.ts";
import golden from "./goldens/table_figures.json" with { type: "json" };

const TABLE = [{ name: "a" }, { name: "b" }, { name: "kind", categories: ["x", "y", "z"] }];
const rowsIn = (hex: string) => new Float32Array(Uint8Array.fromHex(hex).buffer);
/** Measured: 4e-16. */
const MOST = 4e-15;

function assertNear(found: readonly number[], expected: readonly number[]): void {
  assert.equal(found.length, expected.length);
  found.forEach((value, i) => assert.ok(Math.abs(value - expected[i]!) <= MOST, `${value}, ${expected[i]}`));
}

Deno.test("two tables beside each other: NumPy's histograms, shares and differences of correlations", () => {
  const { num_rows, columns, differences } = compareTables(
    rowsIn(golden.real),
    rowsIn(golden.fake),
    TABLE,
    20,
  );
  assert.equal(num_rows, 60);
  columns.forEach(({ data, samples }, i) => {
    assertNear(data, golden.histograms[i]![0]!);
    assertNear(samples, golden.histograms[i]![1]!);
  });
  assert.deepEqual(differences.names, ["a", "b", "kind=x", "kind=y", "kind=z"]);
  differences.values.forEach((row, i) => assertNear(row, golden.differences[i]!));
});

Deno.test("two tables beside each other: a column of one value, and the first numbers only", () => {
  const rows = Float32Array.of(1, 5, 1, 6, 1, 7);
  const { columns: [one], differences } = compareTables(rows, rows, [{ name: "one" }, { name: "two" }], 1);
  assert.deepEqual([one!.range, one!.data[0], one!.value], [[1, 1], 1, 0]);
  assert.deepEqual(differences, { names: ["one"], values: [[0]] });
});
