import assert from "node:assert/strict";
import { dataSetOf } from "../../../coordinator/data/data_set.ts";
import { differenceFrom } from "../../../coordinator/data/same_data.ts";

const BYTES = Uint8Array.from({ length: 64 * 16 }, (_, i) => i);

Deno.test("data are the same if their bytes, their order, count, shape and encoding are", async () => {
  const data = dataSetOf("a", [4, 4], "uint8", BYTES);
  const recorded = {
    name: "a",
    num_examples: 60,
    held_out: 4,
    sha256: await data.sha256(),
    example_shape: [4, 4],
    encoding: "uint8",
  } as const;
  assert.equal(await differenceFrom(recorded, data), null);
  assert.equal(await differenceFrom(recorded, dataSetOf("another name", [4, 4], "uint8", BYTES)), null);
  const others: [number[], "uint8" | "float32", RegExp][] = [
    [[2, 8], "uint8", /^the shape 64 x 4 x 4 \(uint8\), found the same bytes as 64 x 2 x 8 \(uint8\)$/],
    [[16], "uint8", /64 x 16 \(uint8\)$/],
    [[1, 4, 4], "uint8", /64 x 1 x 4 x 4 \(uint8\)$/],
    [[8, 4], "uint8", /32 x 8 x 4 \(uint8\)$/],
    [[2, 2], "float32", /64 x 2 x 2 \(float32\)$/],
  ];
  for (const [shape, encoding, found] of others) {
    assert.match(await differenceFrom(recorded, dataSetOf("a", shape, encoding, BYTES)) ?? "", found);
  }
  const reversed = dataSetOf("a", [4, 4], "uint8", BYTES.slice().reverse());
  assert.match(
    await differenceFrom(recorded, reversed) ?? "",
    /^SHA-256 [0-9a-f]{12}…, found [0-9a-f]{12}…$/,
  );
});
