/** Graphs that ask for more memory than any machine has are refused before they run. */
import assert from "node:assert/strict";
import { checkValueSizes } from "../../models/value_sizes.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import type { Graph } from "../../onnx/graph.ts";
import { tensorOf } from "../../onnx/tensor.ts";

/** x, repeated along its axes. */
function tiled(x_shape: readonly (number | string)[], repeats: readonly number[]): Graph {
  const b = new GraphBuilder("bomb");
  const x = b.input("x", "float32", x_shape);
  const times = b.constant(tensorOf("int64", [repeats.length], repeats));
  b.output(b.op("Tile", [x, times], {}, { name: "big" }));
  return b.build();
}

Deno.test("a value of at most 16 GiB is allowed, whatever a batch that has only a name will be", () => {
  checkValueSizes(tiled([1, 4], [2 ** 15, 2 ** 15]));
  checkValueSizes(tiled(["N", 4], [2 ** 15, 2 ** 15]));
});

Deno.test("a larger one is refused, with its node and type", () => {
  for (const [shape, factor] of [[[1, 4], ""], [["N", 4], "*N"]] as const) {
    assert.throws(() => checkValueSizes(tiled(shape, [2 ** 15, 2 ** 16])), {
      name: "RangeError",
      message:
        `Cannot build artifacts: each value must fit into 16 GiB, found float32[32768${factor},262144] ` +
        "written by node big (Tile) of bomb; use smaller images, more --shards, a larger --accumulate, or a smaller network",
    });
  }
});
