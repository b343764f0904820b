import assert from "node:assert/strict";
import { dataSetOf, decodeExamples, gatherExamples } from "../../../coordinator/data/data_set.ts";

Deno.test("examples are gathered in the order asked for", () => {
  const data = dataSetOf("three", [2], "uint8", Uint8Array.of(1, 2, 3, 4, 5, 6));
  assert.equal(data.num_examples, 3);
  assert.deepEqual(gatherExamples(data, Uint32Array.of(2, 0, 2)), Uint8Array.of(5, 6, 1, 2, 5, 6));
});

Deno.test("uint8 means float32(v / 127.5 - 1); float32 stays, also at odd offsets", () => {
  const decoded = decodeExamples(Uint8Array.of(0, 1, 128, 255), "uint8");
  assert.deepEqual(decoded, Float32Array.of(-1, 1 / 127.5 - 1, 128 / 127.5 - 1, 1));
  const odd = new Uint8Array(9);
  odd.set(new Uint8Array(Float32Array.of(1.5, -2).buffer), 1);
  assert.deepEqual(decodeExamples(odd.subarray(1), "float32"), Float32Array.of(1.5, -2));
});

Deno.test("the hash is that of the bytes", async () => {
  const data = dataSetOf("abc", [1], "uint8", new TextEncoder().encode("abc")); // FIPS 180-2, B.1
  assert.equal(await data.sha256(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});

Deno.test("examples must be whole", () => {
  assert.throws(() => dataSetOf("odd", [2], "float32", new Uint8Array(12)), {
    name: "RangeError",
    message: "Data must be whole examples of 8 bytes: found 12 bytes",
  });
});
