/** Nodes with thousands of inputs: what they cost grows with their number, and beyond a limit they are refused. */
import assert from "node:assert/strict";
import { gradients } from "../../../autodiff/gradients.ts";
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

/** Looks into sets and maps while `act` runs: what it does, without a clock. */
function looksOf(act: () => void): number {
  const { has } = Set.prototype, { get } = Map.prototype;
  let looks = 0;
  Set.prototype.has = function (value) {
    looks++;
    return has.call(this, value);
  };
  Map.prototype.get = function (key) {
    looks++;
    return get.call(this, key);
  };
  try {
    act();
  } finally {
    Set.prototype.has = has;
    Map.prototype.get = get;
  }
  return looks;
}

/** The sum of the squares of `count` values joined along an axis, each a layer of its own. */
function joinedSquares(count: number) {
  const b = new GraphBuilder("joined");
  const names = Array.from({ length: count }, (_, i) => `x${i}`);
  const parts = names.map((name) => b.op("Tanh", [b.input(name, "float32", [2, 1])]));
  const all = b.op("Concat", parts, { axis: 1 });
  b.output(b.op("ReduceSum", [b.op("Mul", [all, all])], { keepdims: 0 }), "loss");
  return { graph: b.build(), names };
}

Deno.test("what a sum of hundreds of values costs grows with them, not with their square", () => {
  const looks = (count: number) =>
    looksOf(() => {
      const { graph } = opened(count);
      assert.equal(graph.nodes.filter(({ op }) => op === "Add").length, count - 1);
    });
  const ratio = looks(800) / looks(200);
  // Measured 3.98; 11.3 where each new name was looked for from 0 on.
  assert.ok(ratio < 5, `${ratio}`);
});

Deno.test("what the gradients of hundreds of joined values cost grows with them, not with their square", () => {
  const looks = (count: number) => {
    const { graph, names } = joinedSquares(count);
    return looksOf(() => gradients(graph, { loss: "loss", wrt: names }));
  };
  const ratio = looks(800) / looks(200);
  // Measured 3.98; 10.5 where each input looked up those before it to know where it begins.
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
