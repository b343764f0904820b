/** Arrays of every type and layout, as NumPy reads them (scripts/goldens/make_array_goldens.py). */
import assert from "node:assert/strict";
import { join } from "node:path";
import { loadData } from "../../../../coordinator/data/load.ts";
import { exampleKind } from "../../../../common/example_kind.ts";
import golden from "../goldens/arrays.json" with { type: "json" };
import { inTempFolder } from "../files.ts";
import { npyOf } from "../npy_file.ts";

const AS_IT_IS = { image_size: null, channels: null };

for (const [name, { npy, axes, shape, bytes }] of Object.entries(golden.files)) {
  Deno.test(`layout: ${name} is read as NumPy has it`, () =>
    inTempFolder(async (folder) => {
      const file = join(folder, "x.npy");
      await Deno.writeFile(file, Uint8Array.fromBase64(npy));
      const data = await loadData(file, { ...AS_IT_IS, layout: axes });
      assert.deepEqual([data.num_examples, ...data.example_shape], shape);
      assert.deepEqual(data.bytes, Uint8Array.fromBase64(bytes));
      const kind = axes.includes("T") ? "series" : axes === "NC" ? "table" : "images";
      assert.equal(exampleKind(data), kind);
    }));
}

Deno.test("layout: rows of any type need none, and keep their kind", () =>
  inTempFolder(async (folder) => {
    const file = join(folder, "x.npy");
    await Deno.writeFile(
      file,
      npyOf("<i2", [3, 2], new Uint8Array(Int16Array.of(1, -2, 3, 400, -500, 6).buffer)),
    );
    const data = await loadData(file);
    assert.deepEqual([...new Float32Array(data.bytes.buffer)], [1, -2, 3, 400, -500, 6]);
    assert.equal(data.axes, undefined);
  }));

Deno.test("layout: NWH turns images that lie on their side, as EMNIST's do", () =>
  inTempFolder(async (folder) => {
    const file = join(folder, "emnist-images-idx3-ubyte");
    const header = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 2];
    await Deno.writeFile(file, Uint8Array.of(...header, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12));
    const data = await loadData(file, { ...AS_IT_IS, layout: "nwh" });
    assert.deepEqual(data.example_shape, [2, 3]);
    assert.deepEqual([...data.bytes], [1, 3, 5, 2, 4, 6, 7, 9, 11, 8, 10, 12]);
  }));

Deno.test("layout: a folder of NPY files holds an example a file, or several", () =>
  inTempFolder(async (folder) => {
    for (const [i, name] of ["b.npy", "a.npy"].entries()) {
      await Deno.writeFile(join(folder, name), npyOf("|u1", [2, 2], Uint8Array.of(i, i, i, 9)));
    }
    await assert.rejects(loadData(folder), {
      name: "UserError",
      message:
        `Cannot read data folder ${folder}: it is unclear whether each of its 2 NPY files is one example or holds ` +
        "several, found an array of [2,2] in a.npy; name the axes with --layout, without N if each file is one example: " +
        "e.g. --layout NC (rows), NHW (images), HW (one image), TC (one series)",
    });
    const images = await loadData(folder, { ...AS_IT_IS, layout: "HW" });
    assert.deepEqual([images.num_examples, images.encoding, [...images.bytes]], [2, "uint8", [
      1,
      1,
      1,
      9,
      0,
      0,
      0,
      9,
    ]]);
    const rows = await loadData(folder, { ...AS_IT_IS, layout: "NC" });
    assert.deepEqual([rows.num_examples, ...new Float32Array(rows.bytes.buffer)], [
      4,
      1,
      1,
      1,
      9,
      0,
      0,
      0,
      9,
    ]);
    await Deno.writeFile(join(folder, "c.npy"), npyOf("|u1", [2, 3], new Uint8Array(6)));
    await assert.rejects(
      loadData(folder, { ...AS_IT_IS, layout: "HW" }),
      /c\.npy: examples of 2 x 2 \(uint8\) are required, as in a\.npy, found 2 x 3 \(uint8\); move it out/,
    );
  }));

const WRONG: Record<string, RegExp> = {
  NHH: /Cannot use --layout: different letters of N .*, found "NHH"/,
  NX: /found "NX"/,
  N: /found "N"/,
  NHWC: /an array of 4 axes is required for --layout NHWC, found <f4 of \[2,2,2\]; name 3 axes/,
};

for (const [layout, message] of Object.entries(WRONG)) {
  Deno.test(`layout: ${layout} is refused for an array of three axes`, () =>
    inTempFolder(async (folder) => {
      const file = join(folder, "x.npy");
      await Deno.writeFile(file, npyOf("<f4", [2, 2, 2], new Uint8Array(32)));
      await assert.rejects(loadData(file, { ...AS_IT_IS, layout }), message);
    }));
}
