import assert from "node:assert/strict";
import { join } from "node:path";
import { parseDataPath, placesOf } from "../../../../coordinator/data/files/data_path.ts";
import { inTempFolder, read } from "../files.ts";

Deno.test("what follows a # belongs to NPZ and CSV files alone", () => {
  const csv = { header: null, decimal: null, columns: null, label_column: null, categories: [] };
  assert.deepEqual(parseDataPath("a/b.npz#x#y"), { file: "a/b.npz", array: "x#y", csv });
  assert.deepEqual(parseDataPath("photos#1/"), { file: "photos#1/", array: null, csv });
  assert.deepEqual(parseDataPath("a.csv.gz#columns= 2-4, x #header=no"), {
    file: "a.csv.gz",
    array: null,
    csv: { ...csv, header: false, columns: ["2-4", "x"] },
  });
  assert.deepEqual(parseDataPath("x.TXT#decimal=point").csv, { ...csv, decimal: "point" });
  for (const part of ["", "header", "header=1", "columns=", "columns", "decimal=.", "sep=;"]) {
    assert.throws(() => parseDataPath(`a.csv#${part}`), {
      name: "UserError",
      message: /after # header=yes/,
    });
  }
});

Deno.test("whoever grants rights learns of both names, even of a path that is refused", () => {
  assert.deepEqual(placesOf("a.csv#header=yes#columns=1,2"), ["a.csv#header=yes#columns=1,2", "a.csv"]);
  assert.deepEqual(placesOf("a.npz#x"), ["a.npz#x", "a.npz"]);
  assert.deepEqual(placesOf("a.csv#what"), ["a.csv#what", "a.csv"]);
  assert.deepEqual([placesOf("a.csv"), placesOf("photos#1")], [["a.csv"], ["photos#1"]]);
});

Deno.test("a file whose own name has a # in it is that file", async () => {
  await inTempFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "a.csv"), "1.5,2\n");
    await Deno.writeTextFile(join(folder, "a.csv#1.csv"), "1.5,2\n3,4\n");
    assert.deepEqual((await read(join(folder, "a.csv#1.csv"), folder)).shape, [2, 2]);
  });
});
