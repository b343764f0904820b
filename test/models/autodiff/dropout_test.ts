import assert from "node:assert/strict";
import { dropoutByMasks } from "../../../models/autodiff/dropout.ts";
import { gradients } from "../../../models/autodiff/gradients.ts";
import { checkGraph } from "../../../models/onnx/check.ts";
import { GraphBuilder } from "../../../models/onnx/builder.ts";
import type { Graph } from "../../../models/onnx/graph.ts";
import { tensorOf } from "../../../models/onnx/tensor.ts";
import { printGraph } from "../../../models/onnx/text.ts";
import { interpret } from "../../reference/interpreter.ts";
import { refTensor } from "../../reference/ref_tensor.ts";

/** Two layers of dropout on x [2,3]; the first gives its mask out. */
function dropping(training: boolean | null): Graph {
  const b = new GraphBuilder("dropping");
  const x = b.input("x", "float32", [2, 3]);
  const mode = training === null ? [] : [b.constant(tensorOf("bool", [], [Number(training)]), "training")];
  const first = b.ops("Dropout", [x, b.scalar(0.25), ...mode], {}, training ? 2 : 1, { name: "drop" });
  const second = b.op("Dropout", [first[0]!, ...(mode.length > 0 ? [null, ...mode] : [])], {}, {
    name: "again",
  });
  b.output(b.op("ReduceSum", [second], { keepdims: 0 }), "loss");
  if (first[1]) b.output(first[1], "kept");
  return b.build();
}

function nodes(graph: Graph): string[] {
  return printGraph(graph).split("\n").filter((line) => / = /.test(line) && !/^constant/.test(line));
}

Deno.test("nodes that drop multiply by masks, which are inputs at the end", () => {
  const { graph, masks } = dropoutByMasks(dropping(true));
  checkGraph(graph);
  assert.deepEqual(masks, [
    { input: "drop_mask", shape: [2, 3], ratio: 0.25 },
    { input: "again_mask", shape: [2, 3], ratio: 0.5 },
  ]);
  assert.deepEqual(graph.inputs, ["x", "drop_mask", "again_mask"]);
  assert.deepEqual(
    nodes(graph),
    [
      "drop_0: float32[2,3] = Mul(x, drop_mask) # drop",
      "kept: bool[2,3] = Cast(drop_mask) to=9 # _",
      "again: float32[2,3] = Mul(drop_0, again_mask)",
      "loss: float32[] = ReduceSum(again) keepdims=0 # reducesum_0",
    ].map((line) => line.replace(" # _", "")),
  );
});

Deno.test("the gradient goes where the masks keep", () => {
  const derived = gradients(dropoutByMasks(dropping(true)).graph, { loss: "loss", wrt: ["x"] });
  const mask = (values: number[]) => refTensor("float32", [2, 3], values);
  const results = interpret(
    derived,
    new Map([
      ["x", mask([1, 2, 3, 4, 5, 6])],
      ["drop_mask", mask([2, 0, 2, 2, 0, 2])],
      ["again_mask", mask([3, 3, 0, 3, 3, 3])],
    ]),
  );
  assert.deepEqual([...results.get("x_grad")!.data], [6, 0, 0, 6, 0, 6]);
  assert.deepEqual([...results.get("kept")!.data], [1, 0, 1, 1, 0, 1]);
});

Deno.test("nodes that do not drop pass on; unmarked ones drop where that is asked for", () => {
  const passing = ["drop: float32[2,3] = Identity(x)", "again: float32[2,3] = Identity(drop)"];
  for (const training of [false, null]) {
    const { graph, masks } = dropoutByMasks(dropping(training));
    checkGraph(graph);
    assert.deepEqual([masks, nodes(graph).slice(0, 2)], [[], passing]);
  }
  assert.equal(dropoutByMasks(dropping(null), { unmarked: true }).masks.length, 2);
  assert.equal(dropoutByMasks(dropping(false), { unmarked: true }).masks.length, 0);
});

function refused(build: (b: GraphBuilder) => void): () => void {
  const b = new GraphBuilder("g");
  build(b);
  const graph = b.build();
  return () => dropoutByMasks(graph, { unmarked: true });
}

Deno.test("what cannot be masked is refused", () => {
  const ratio = refused((b) => {
    const r = b.input("r", "float32", []);
    b.output(b.op("Dropout", [b.input("x", "float32", [2]), r], {}, { name: "d" }));
  });
  assert.throws(ratio, { message: 'Cannot mask node d (Dropout) of graph g: input "r" must be constant' });
  const all = refused((b) => {
    b.output(b.op("Dropout", [b.input("x", "float32", [2]), b.scalar(1)], {}, { name: "d" }));
  });
  assert.throws(all, {
    message: "Cannot mask node d (Dropout) of graph g: its ratio must be 0 or more and below 1: found 1",
  });
  const open = refused((b) => b.output(b.op("Dropout", [b.input("x", "float32", ["N"])], {}, { name: "d" })));
  assert.throws(open, {
    message: 'Cannot mask node d (Dropout) of graph g: "d" must have a fixed shape: found [N]',
  });
});
