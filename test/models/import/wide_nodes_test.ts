/** Nodes with thousands of inputs: what they cost grows with their number, and beyond a limit they are refused. */
import assert from "node:assert/strict";
import { importGraph } from "../../../models/import/import_graph.ts";
import { importedNetwork } from "../../../models/import/imported_net.ts";
import { GraphBuilder } from "../../../onnx/builder.ts";
import { encodeModel, readModel } from "../../../onnx/codec.ts";
import { tensorOf } from "../../../onnx/tensor.ts";
import { modelOf } from "../../../library/model.ts";

/** A generator that adds `count` values: a layer of its input, and constants. */
function wide(count: number): Uint8Array {
  const b = new GraphBuilder("wide");
  const x = b.input("x", "float32", ["N", 2]);
  const layer = b.op("MatMul", [x, b.constant(tensorOf("float32", [2, 2], [1, 2, 3, 4]), "w")]);
  const others = Array.from({ length: count - 1 }, (_, i) => {
    return b.constant(tensorOf("float32", [1, 2], [i, 1]), `c${i}`);
  });
  b.output(b.op("Sum", [layer, ...others], {}, { name: "many" }), "y");
  return encodeModel(modelOf(b.build()));
}

function opened(count: number) {
  const model = readModel(wide(count), () => assert.fail("no other files"));
  return importedNetwork(importGraph(model, "wide.onnx", "generator"), "generator", []);
}

/** Looks into sets while `act` runs: what it does, without a clock. */
function looksOf(act: () => void): number {
  const { has } = Set.prototype;
  let looks = 0;
  Set.prototype.has = function (value) {
    looks++;
    return has.call(this, value);
  };
  try {
    act();
  } finally {
    Set.prototype.has = has;
  }
  return looks;
}

Deno.test("what a sum of hundreds of values costs grows with them, not with their square", () => {
  const looks = (count: number) =>
    looksOf(() => {
      const { graph } = opened(count);
      assert.equal(graph.nodes.filter(({ op }) => op === "Add").length, count - 1);
    });
  const ratio = looks(800) / looks(200);
  // Measured 3.97; 13.7 where each new name was looked for from 0 on.
  assert.ok(ratio < 5, `${ratio}`);
});

Deno.test("a node with more inputs than any training could have is refused by its name", () => {
  assert.throws(() => opened(10_001), {
    name: "UserError",
    message:
      "Cannot import wide.onnx: a node may have at most 10000 inputs, found 10001 of node many (Sum); join " +
      "them in groups",
  });
});
