import assert from "node:assert/strict";
import { decodeRows, encodedNames, encodeRows, parseTable, tableText } from "../../../common/values/table.ts";
import { tableLines } from "../../../common/files/csv_lines.ts";

const TABLE = [{ name: "age" }, { name: "city", categories: ["Bonn", "Ulm, old", "Worms"] }, {
  name: "size",
}];
const ROWS = new Float32Array([31, 2, 0.5, 40, 0, -1]);

Deno.test("rows with categories become one-hot and back, and are written by the categories' names", () => {
  const encoded = encodeRows(ROWS, TABLE);
  assert.deepEqual([...encoded], [31, 0, 0, 1, 0.5, 40, 1, 0, 0, -1]);
  assert.deepEqual(encodedNames(TABLE), ["age", "city=Bonn", "city=Ulm, old", "city=Worms", "size"]);
  assert.deepEqual(decodeRows(encoded, TABLE), ROWS);
  // Of a generator, the greatest counts; of equal ones, the first.
  const soft = new Float32Array([31, 0.2, 0.5, 0.3, 0.5, 40, 0.4, 0.4, 0.2, -1]);
  assert.equal(tableLines(TABLE, decodeRows(soft, TABLE)), 'age,city,size\n31,"Ulm, old",0.5\n40,Bonn,-1\n');
});

Deno.test("a file's table is what it was, or none where its text is another", () => {
  const same = (name: string) => name;
  assert.deepEqual(parseTable(tableText(TABLE), 5, same), TABLE);
  const others = ["", "[]", "{}", "[1]", '[{"name":1}]', '[{"name":"a","categories":[]}]', '[{"name":"a"}]'];
  for (const text of others) assert.equal(parseTable(text, 5, same), null, text);
});
