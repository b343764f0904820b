/** What is said of operators that networks here cannot have. */
import assert from "node:assert/strict";
import { unknownOperator } from "../../../models/import/unknown_operator.ts";

Deno.test("the folders to add an operator to are there", async () => {
  const folders = unknownOperator("", "TopK").match(/\S+\/(?=\s|$)/g) ?? [];
  assert.equal(folders.length, 2);
  for (const folder of folders) {
    assert.ok((await Deno.stat(new URL(`../../../${folder}`, import.meta.url))).isDirectory, folder);
  }
});
