/** Tables with categories: which columns they are, what they become, and what is refused. */
import assert from "node:assert/strict";
import { wholeBytes } from "../../../../coordinator/data/files/example_bytes.ts";
import { join } from "node:path";
import { loadData } from "../../../../coordinator/data/load.ts";
import { decodeExamples } from "../../../../coordinator/data/data_set.ts";
import { AS_IT_IS } from "../../../../coordinator/data/read_as.ts";
import { fitScaling, scaleData } from "../../../../coordinator/data/scaling.ts";
import { inTempFolder } from "../files.ts";

async function readTable(text: string, categories: string | null = null) {
  return await inTempFolder(async (folder) => {
    const file = join(folder, "t.csv");
    await Deno.writeTextFile(file, text);
    try {
      return await loadData(file, { ...AS_IT_IS, categories });
    } catch (error) {
      throw new Error((error as Error).message.replaceAll(file, "F"));
    }
  });
}

const refuses = (text: string, message: string, categories: string | null = null) =>
  assert.rejects(readTable(text, categories), new Error(`Cannot read data file F: ${message}`));

Deno.test("columns of words are categories, in the order of their names, beside the numbers", async () => {
  const data = await readTable("age,city,size\n31,Ulm,1.5\n40,Bonn,2.5\n22,Ulm,3.5\n");
  assert.deepEqual(data.table, [{ name: "age" }, { name: "city", categories: ["Bonn", "Ulm"] }, {
    name: "size",
  }]);
  assert.deepEqual(data.columns, ["age", "city=Bonn", "city=Ulm", "size"]);
  assert.deepEqual([...decodeExamples(data.bytes, "float32")], [31, 0, 1, 1.5, 40, 1, 0, 2.5, 22, 0, 1, 3.5]);
});

Deno.test("true and false, quotes, decimal commas and words that may be missing values", async () => {
  const data = await readTable('a;b;c\n"1,5";TRUE;none\n"2,5";FALSE;some\n"3,5";TRUE;none\n');
  assert.deepEqual(data.table!.map(({ categories }) => categories), [undefined, ["FALSE", "TRUE"], [
    "none",
    "some",
  ]]);
});

Deno.test("--categories makes numbers categories, in the order of the numbers", async () => {
  const text = "x,zip\n1.5,89073\n2.5,9000\n0.5,89073\n";
  assert.equal((await readTable(text)).table, undefined);
  const { table, bytes } = await readTable(text, "zip");
  assert.deepEqual(table, [{ name: "x" }, { name: "zip", categories: ["9000", "89073"] }]);
  assert.deepEqual([...decodeExamples(bytes, "float32")], [1.5, 0, 1, 2.5, 1, 0, 0.5, 0, 1]);
  assert.deepEqual((await readTable(text, "2")).table, table);
});

Deno.test("scaling leaves categories as they are", async () => {
  const data = await readTable("x,kind\n10,a\n20,b\n30,b\n");
  for (const kind of ["standard", "minmax"] as const) {
    const { offset, factor } = fitScaling(data, kind, new Uint32Array());
    assert.deepEqual([offset, factor.slice(1)], [[20, 0, 0], [1, 1]]);
  }
  const scaled = await scaleData(data, fitScaling(data, "minmax", new Uint32Array()));
  assert.deepEqual(scaled.table, data.table);
  assert.deepEqual([...decodeExamples(wholeBytes(scaled.bytes), "float32")], [-1, 1, 0, 0, 0, 1, 1, 0, 1]);
});

Deno.test("dates, missing categories and too many are refused by line and column", async () => {
  for (const day of ["2024-03-31", "31.3.2024", "3/31/24 12:30", "31-Mar-2024", "12:30"]) {
    await refuses(
      `x,day,y\n1,${day},2\n`,
      `numbers or categories are required, found dates or times in column 2 (day), such as "${day}" in line 2; write ` +
        "numbers instead, for example days since a first date and the month, or leave it out with --data F#columns=1,3",
    );
  }
  const rows = "x,kind\n1,a\n2,b\n";
  const missing = (found: string) =>
    `a category in each line is required, found ${found} in line 4, column 2 (kind); fill it in, or leave the line out`;
  await refuses(`${rows}3,\n`, missing("none"));
  await refuses(
    `${rows}3,NA\n`,
    `${missing('"NA"')}, or make it a category of its own with --categories kind`,
  );
  assert.deepEqual((await readTable(`${rows}3,NA\n`, "kind")).table![1]!.categories, ["NA", "a", "b"]);
  const many = Array.from({ length: 257 }, (_, i) => `${i},name ${String.fromCharCode(65 + i % 26)}${i}`);
  await refuses(
    `x,kind,y\n${many.map((line) => `${line},1`).join("\n")}\n`,
    "at most 256 categories are supported, found more in column 2 (kind) up to line 258; leave it out with " +
      "--data F#columns=1,3",
  );
  await refuses(
    rows,
    'a name of a column is required after --categories, found "sort" among "x", "kind"; give a name or a number',
    "sort",
  );
});

Deno.test("a word among numbers is no category, unless it is said to be", async () => {
  await refuses(
    "x,y\n1,2\n3,two\n",
    'finite numbers are required, found "two" in line 3, column 2 (y); correct it, or make the column one of ' +
      "categories with --categories y",
  );
  assert.deepEqual((await readTable("x,y\n1,2\n3,two\n", "y")).table![1]!.categories, ["2", "two"]);
});
