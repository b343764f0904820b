/** Scaling against NumPy (scripts/goldens/make_array_goldens.py), and back. */
import assert from "node:assert/strict";
import { wholeBytes } from "../../../coordinator/data/files/example_bytes.ts";
import { join } from "node:path";
import { parseScaling, scalingText, unscaled } from "../../../common/values/scaling.ts";
import { numElements } from "../../../common/shape.ts";
import { type DataSet, dataSetOf } from "../../../coordinator/data/data_set.ts";
import {
  fitScaling,
  type FittedKind,
  readScaling,
  requireScalable,
  scaleData,
} from "../../../coordinator/data/scaling.ts";
import golden from "./goldens/arrays.json" with { type: "json" };
import { inTempFolder } from "./files.ts";

const floats = (base64: string) => new Float32Array(Uint8Array.fromBase64(base64).buffer);

function dataOf({ shape, bytes }: { readonly shape: readonly number[]; readonly bytes: string }): DataSet {
  const data = dataSetOf("x", shape.slice(1), "float32", Uint8Array.fromBase64(bytes));
  return shape.length === 2 ? data : { ...data, axes: "CT" };
}

function largest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a, (value, i) => Math.abs(value - b[i]!) / Math.max(1e-9, Math.abs(b[i]!)))
    .reduce((x, y) => Math.max(x, y));
}

for (const [what, expected] of Object.entries(golden.scaled)) {
  for (const [kind, { offset, factor, scaled }] of Object.entries(expected.fits)) {
    Deno.test(`scale ${kind}: ${what} are fitted and scaled as by NumPy, on the training part alone`, async () => {
      const data = dataOf(expected);
      const fit = fitScaling(data, kind as FittedKind, Uint32Array.from(expected.held_out));
      const off = Math.max(largest(fit.offset, offset), largest(fit.factor, factor));
      assert.ok(off <= 1e-13, `off by ${off}, measured 1.1e-14`);
      const made = await scaleData(data, fit);
      const values = new Float32Array(wholeBytes(made.bytes).buffer), right = floats(scaled);
      const error = values.reduce((most, value, i) => Math.max(most, Math.abs(value - right[i]!)), 0);
      assert.ok(error <= 1e-6, `off by ${error}`);
      // Back again; and the data's own hash stays, by which they are known.
      const back = unscaled(values, made.scaling!, numElements(data.example_shape));
      const lost = largest(back, floats(expected.bytes));
      assert.ok(lost <= 1e-5, `lost ${lost}`);
      assert.equal(await made.sha256(), await data.sha256());
    });
  }
}

Deno.test("scale: without an axis of channels, all values share one scale", () => {
  const values = Float32Array.of(0, 1, 2, 3, 4, 8);
  const series = { ...dataSetOf("x", [3], "float32", new Uint8Array(values.buffer)), axes: "T" };
  assert.deepEqual(fitScaling(series, "minmax", new Uint32Array()), { offset: [4], factor: [4] });
  const rows = dataSetOf("x", [3], "float32", new Uint8Array(values.buffer));
  assert.deepEqual(fitScaling(rows, "minmax", new Uint32Array()), {
    offset: [1.5, 2.5, 5],
    factor: [1.5, 1.5, 3],
  });
});

Deno.test("scale: a file has an offset and a factor for each channel, or one for all", () =>
  inTempFolder(async (folder) => {
    const file = join(folder, "scaling.json");
    const write = (text: string) => Deno.writeTextFile(file, text);
    await write(scalingText({ offset: [1, 2], factor: [0.5, 4] }));
    assert.deepEqual(await readScaling(file), { offset: [1, 2], factor: [0.5, 4] });
    const data = dataSetOf("x", [2], "float32", new Uint8Array(Float32Array.of(2, 2, 0, 10).buffer));
    const scaled = await scaleData(data, await readScaling(file));
    assert.deepEqual([...new Float32Array(wholeBytes(scaled.bytes).buffer)], [2, 0, -2, 2]);
    const one = await scaleData(data, { offset: [2], factor: [2] });
    assert.deepEqual([...new Float32Array(wholeBytes(one.bytes).buffer)], [0, 0, -1, 4]);
    assert.deepEqual([...new Float32Array(data.bytes.buffer)], [2, 2, 0, 10]);
    await assert.rejects(scaleData(data, { offset: [1, 2, 3], factor: [1, 1, 1] }), {
      name: "UserError",
      message:
        "Cannot scale x: an offset and a factor for each of 2 channels or columns, or one for all, are required, found 3",
    });
    for (
      const [text, found] of [
        ["{", "text that is not JSON"],
        ["[]", 'no list of finite numbers "offset"'],
        ['{"offset":[1],"factor":[0]}', 'no list of positive numbers "factor"'],
        ['{"offset":[1,null],"factor":[1]}', 'no list of finite numbers "offset"'],
        ['{"offset":[1,2],"factor":[1]}', '2 numbers in "offset" and 1 in "factor"'],
      ] as const
    ) {
      assert.throws(() => parseScaling(text), { message: found });
      await write(text);
      await assert.rejects(readScaling(file), { name: "UserError" });
    }
    await assert.rejects(
      readScaling(join(folder, "none")),
      /Cannot read --scale .*none: minmax, standard, none or a JSON/,
    );
  }));

Deno.test("scale: images of bytes have their scale already", () => {
  assert.throws(() => requireScalable({ encoding: "uint8", name: "x" }, "minmax"), /images of bytes \(x\)/);
  requireScalable({ encoding: "uint8", name: "x" }, "none");
});
