/** Parquet files that pyarrow wrote (scripts/goldens/make_parquet_goldens.py). */
import assert from "node:assert/strict";
import { join } from "node:path";
import { decodeRows } from "../../../../common/values/table.ts";
import { decodeExamples } from "../../../../coordinator/data/data_set.ts";
import { openDataSet } from "../../../../coordinator/data/resolve.ts";
import { wholeBytes } from "../../../../coordinator/data/files/example_bytes.ts";
import { inTempFolder } from "../files.ts";
import golden from "../goldens/parquet.json" with { type: "json" };

async function readFile(bytes: Uint8Array, part = "", labels: string | null = null) {
  return await inTempFolder(async (folder) => {
    const file = join(folder, "t.parquet");
    await Deno.writeFile(file, bytes);
    try {
      return await openDataSet({ data: file + part, labels, seed: 1 });
    } catch (error) {
      (error as Error).message = (error as Error).message.replaceAll(file, "F");
      throw error;
    }
  });
}

const valuesOf = ({ bytes }: Awaited<ReturnType<typeof readFile>>) =>
  decodeExamples(wholeBytes(bytes), "float32");
const [first] = Object.values(golden.words.files);

Deno.test("parquet: whole and other numbers, decimals and half floats", async () => {
  const data = await readFile(Uint8Array.fromBase64(golden.numbers.file));
  assert.deepEqual(data.columns, golden.numbers.names);
  assert.deepEqual(valuesOf(data), Float32Array.from(golden.numbers.values.flat()));
});

Deno.test("parquet: texts and truth values are categories, whatever the compression and the pages", async () => {
  for (const [what, file] of Object.entries(golden.words.files)) {
    const data = await readFile(Uint8Array.fromBase64(file));
    const rows = decodeRows(valuesOf(data), data.table!);
    const width = data.table!.length;
    const found = golden.words.rows.map((_, row) =>
      data.table!.map(({ categories }, i) => {
        const value = rows[row * width + i]!;
        return categories ? categories[value]! : value;
      })
    );
    assert.deepEqual(
      found,
      golden.words.rows.map((row) => row.map((v) => typeof v === "boolean" ? `${v}` : v)),
      what,
    );
  }
});

Deno.test("parquet: columns by name, labels, and pandas' index", async () => {
  const data = await readFile(Uint8Array.fromBase64(first!), "#columns=city,size");
  assert.deepEqual(data.columns, ["city=Bonn", "city=Ulm", "size"]);
  const labelled = await readFile(Uint8Array.fromBase64(first!), "", "kind");
  assert.deepEqual(labelled.labels!.class_names, ["blue", "grün", "red"]);
  assert.deepEqual(labelled.table!.map(({ name }) => name), ["size", "is_new", "city"]);
  assert.deepEqual((await readFile(Uint8Array.fromBase64(golden.index))).columns, ["a", "b"]);
});

Deno.test("parquet: dates, lists, bytes and missing values are refused by column and row", async () => {
  const kinds = (column: string, what: string) =>
    `columns of numbers, truth values or texts are required, found column "${column}" of ${what}, or name the others with ` +
    "--data F#columns=NAME,NAME";
  const dates = "dates or times; write numbers instead, for example days since a first date and the month";
  const missing = (found: string, row: number, column: string) =>
    `${found} in row ${row}, column "${column}"; fill it in, or leave the row out`;
  const expected: Record<keyof typeof golden.refused, string> = {
    "a date": kinds("day", dates),
    "a time": kinds("at", dates),
    "a list": kinds("x", "lists or structures; write each of their parts as a column of its own"),
    "bytes": kinds("raw", "bytes; write texts or numbers instead"),
    "no value": missing("a value in each row is required, found none", 2, "x"),
    "no text": missing("a value in each row is required, found none", 2, "kind"),
    "not a number": missing("finite numbers in the range of float32 are required, found NaN", 2, "x"),
  };
  for (const [what, file] of Object.entries(golden.refused)) {
    const message = `Cannot read data file F: ${expected[what as keyof typeof expected]}`;
    await assert.rejects(readFile(Uint8Array.fromBase64(file)), { name: "UserError", message }, what);
  }
});

Deno.test("parquet: a file that ends early is refused in one line", async () => {
  const whole = Uint8Array.fromBase64(first!);
  for (const end of [5, 100, whole.length - 9]) {
    await assert.rejects(readFile(whole.subarray(0, end)), {
      name: "UserError",
      message:
        /^Cannot read data file F: a whole Parquet file is required, found a damaged or unknown one \([^\n]*$/,
    });
  }
});
