import assert from "node:assert/strict";
import { tableColumns } from "../../../../coordinator/data/tables/table_columns.ts";

/** Names of the header, columns that are taken, and what the columns of a table are called. */
const CASES: readonly (readonly [string[] | null, number[], string[] | null])[] = [
  [["age", " income "], [0, 1], ["age", "income"]],
  [["", "age", "income"], [2, 1], ["income", "age"]],
  [["age", ""], [0, 1], ["age", "column 2"]],
  [["", ""], [0, 1], ["column 1", "column 2"]],
  [["x", "y", "z"], [0, 1, 2], ["x", "y", "z"]],
  [["a\u001b[2J", "b"], [0, 1], ["a\ufffd[2J", "b"]],
  // Series: no header, or one of places, times and wavelengths; and points of a plane.
  [null, [0, 1, 2], null],
  [["0", "1", "2"], [0, 1, 2], null],
  [["400.5", "401", "401,5"], [0, 1, 2], null],
  [["x", "y"], [0, 1], null],
  [["id", "X", "Y"], [1, 2], null],
];

Deno.test("a table is what has names for its columns that are no places along a series", () => {
  for (const [names, take, expected] of CASES) assert.deepEqual(tableColumns({ names, take }), expected);
});
