/** Coupled batches: the answer of the graph beside the change that another example makes when the graph runs. */
import assert from "node:assert/strict";
import { numElements } from "../../../common/shape.ts";
import { expandAll } from "../../../autodiff/expansion.ts";
import { EXPANSIONS } from "../../../autodiff/decompose.ts";
import { couplingNode } from "../../../models/import/batch_coupling.ts";
import { importGraph } from "../../../models/import/import_graph.ts";
import type { Attribute, Tensor } from "../../../onnx/graph.ts";
import { tensorOf } from "../../../onnx/tensor.ts";
import { interpret } from "../../reference/interpreter.ts";
import { refTensor } from "../../reference/ref_tensor.ts";
import { seededNumbers } from "../../reference/seeded.ts";
import { fileModel, type FileNode } from "./file_model.ts";
import { bound } from "./imported_pair.ts";

const BATCH = 3;
const EXTENTS = [4, 6];

const ints = (...values: readonly number[]): Tensor => tensorOf("int64", [values.length], values);
const weight = (...shape: readonly number[]): Tensor => {
  const size = numElements(shape);
  return tensorOf("float32", shape, Array.from(seededNumbers(size, size, -1, 1)));
};
const text = (value: string): Attribute => ({ kind: "string", value });

/** The end of a slice that means the last element. */
const END = 2 ** 40;

interface Case {
  /** From x [N, 4, 6] to y. */
  readonly nodes: readonly FileNode[];
  readonly initializers?: Readonly<Record<string, Tensor>>;
  readonly couples: boolean;
}

const apart = (nodes: readonly FileNode[], initializers?: Case["initializers"]): Case => ({
  nodes,
  ...initializers && { initializers },
  couples: false,
});
const coupled = (nodes: readonly FileNode[], initializers?: Case["initializers"]): Case => ({
  ...apart(nodes, initializers),
  couples: true,
});

/** x with the batch behind the first of its axes: [4, N, 6]. */
const TURNED: FileNode = ["Transpose", ["x"], ["t"], { perm: [1, 0, 2] }];

const CASES: Readonly<Record<string, Case>> = {
  "a sum over the batch": coupled([["ReduceSum", ["x", "zero"], ["s"], { keepdims: 1 }], ["Sub", ["x", "s"], [
    "y",
  ]]], {
    zero: ints(0),
  }),
  "a sum over other axes": apart([["ReduceSum", ["x", "one"], ["y"], { keepdims: 0 }]], { one: ints(1) }),
  "a sum over all": coupled([["ReduceMean", ["x"], ["s"], { keepdims: 1 }], ["Add", ["x", "s"], ["y"]]]),
  "a sum over an axis counted from the end": coupled([["ReduceMax", ["x", "a"], ["s"]], ["Sub", ["x", "s"], [
    "y",
  ]]], {
    a: ints(-3),
  }),
  "turned, a sum over the first axis": apart([TURNED, ["ReduceSum", ["t", "zero"], ["y"], { keepdims: 0 }]], {
    zero: ints(0),
  }),
  "turned, a sum over the second": coupled([
    TURNED,
    ["ReduceSum", ["t", "one"], ["s"]],
    ["Sub", ["t", "s"], ["d"]],
    ["Transpose", ["d"], ["y"], { perm: [1, 0, 2] }],
  ], { one: ints(1) }),
  "compared with all others": coupled([
    ["Unsqueeze", ["x", "zero"], ["a"]],
    ["Unsqueeze", ["x", "one"], ["b"]],
    ["Sub", ["a", "b"], ["d"]],
    ["Abs", ["d"], ["e"]],
    ["ReduceSum", ["e", "zero"], ["y"], { keepdims: 0 }],
  ], { zero: ints(0), one: ints(1) }),
  "softmax along the batch": coupled([["Softmax", ["x"], ["y"], { axis: 0 }]]),
  "softmax along features": apart([["Softmax", ["x"], ["y"], { axis: 1 }]]),
  "a product of matrices": apart([["MatMul", ["x", "w"], ["y"]]], { w: weight(6, 2) }),
  "a product with a matrix before": apart([["MatMul", ["w", "x"], ["y"]]], { w: weight(3, 4) }),
  "a product that sums over the batch": coupled([
    ["Transpose", ["x"], ["t"], { perm: [1, 2, 0] }],
    ["Transpose", ["x"], ["u"], { perm: [1, 0, 2] }],
    ["MatMul", ["t", "u"], ["m"]],
    ["ReduceSum", ["m", "zero"], ["n"]],
    ["MatMul", ["x", "n"], ["y"]],
  ], { zero: ints(0) }),
  "a product with as many ones as there are examples": coupled([
    ["Transpose", ["x"], ["t"], { perm: [1, 2, 0] }],
    ["Shape", ["x"], ["shape"]],
    ["Slice", ["shape", "zero", "one"], ["batch"]],
    ["Concat", ["batch", "one"], ["column"], { axis: 0 }],
    ["Expand", ["number", "column"], ["ones"]],
    ["MatMul", ["t", "ones"], ["sum"]],
    ["Transpose", ["sum"], ["s"], { perm: [2, 0, 1] }],
    ["Sub", ["x", "s"], ["y"]],
  ], { zero: ints(0), one: ints(1), number: weight(1) }),
  "attention within an example": apart([
    ["Transpose", ["x"], ["t"], { perm: [0, 2, 1] }],
    ["MatMul", ["x", "t"], ["m"]],
    ["Softmax", ["m"], ["s"], { axis: -1 }],
    ["MatMul", ["s", "x"], ["y"]],
  ]),
  "attention across examples": coupled([
    ["Transpose", ["x"], ["q"], { perm: [1, 0, 2] }],
    ["Transpose", ["x"], ["k"], { perm: [1, 2, 0] }],
    ["MatMul", ["q", "k"], ["m"]],
    ["Softmax", ["m"], ["s"], { axis: -1 }],
    ["MatMul", ["s", "q"], ["a"]],
    ["Transpose", ["a"], ["y"], { perm: [1, 0, 2] }],
  ]),
  "folded into the batch and back": apart([
    ["Reshape", ["x", "rows"], ["a"]],
    ["MatMul", ["a", "w"], ["b"]],
    ["Tanh", ["b"], ["c"]],
    ["Reshape", ["c", "back"], ["y"]],
  ], { rows: ints(-1, 6), back: ints(-1, 4, 2), w: weight(6, 2) }),
  "turned, folded in front of the batch and back": apart([
    TURNED,
    ["Reshape", ["t", "rows"], ["a"]],
    ["MatMul", ["a", "w"], ["b"]],
    ["Reshape", ["b", "back"], ["c"]],
    ["Transpose", ["c"], ["y"], { perm: [1, 0, 2] }],
  ], { rows: ints(-1, 6), back: ints(4, -1, 2), w: weight(6, 2) }),
  "a convolution along features": apart([["Conv", ["x", "w"], ["y"]]], { w: weight(2, 4, 3) }),
  "the whole batch as a slice": apart([["Slice", ["x", "zero", "end", "zero"], ["y"]]], {
    zero: ints(0),
    end: ints(END),
  }),
  "a slice of features": apart([["Slice", ["x", "zero", "one", "one"], ["y"]]], {
    zero: ints(0),
    one: ints(1),
  }),
  "one example gathered": coupled([["Gather", ["x", "one"], ["g"]], ["Sub", ["x", "g"], ["y"]]], {
    one: ints(1),
  }),
  "features gathered": apart([["Gather", ["x", "places"], ["y"], { axis: 2 }]], { places: ints(5, 0, 3) }),
  "features gathered in front of the batch": apart([
    TURNED,
    ["Gather", ["t", "place"], ["y"], { axis: 0 }],
  ], { place: tensorOf("int64", [], [2]) }),
  "sums along the batch": coupled([["CumSum", ["x", "axis"], ["y"]]], { axis: tensorOf("int64", [], [0]) }),
  "sums along features": apart([["CumSum", ["x", "axis"], ["y"]]], { axis: tensorOf("int64", [], [1]) }),
  "sums along features, as PyTorch's older exporter writes them": apart([["CumSum", ["x", "axis"], ["y"]]], {
    axis: tensorOf("int32", [], [1]),
  }),
  "joined with itself as features": apart([["Concat", ["x", "x"], ["y"], { axis: 1 }]]),
  "einsum within an example": apart([["Einsum", ["x", "x"], ["y"], { equation: text("nij,nkj->nik") }]]),
  "einsum across examples": coupled([
    ["Einsum", ["x", "x"], ["m"], { equation: text("nij,mij->nm") }],
    ["ReduceSum", ["m", "one"], ["y"]],
  ], { one: ints(1) }),
  "einsum that sums over the batch": coupled([
    ["Einsum", ["x"], ["m"], { equation: text("nij->ij") }],
    ["Sub", ["x", "m"], ["y"]],
  ]),
  "layer normalisation": apart([["LayerNormalization", ["x", "s", "b"], ["y"], { axis: 1 }]], {
    s: weight(4, 6),
    b: weight(4, 6),
  }),
  "instance normalisation": apart([["InstanceNormalization", ["x", "s", "b"], ["y"]]], {
    s: weight(4),
    b: weight(4),
  }),
  "normalisation over batch and places": coupled([["MeanVarianceNormalization", ["x"], ["y"], {
    axes: [0, 2],
  }]]),
  "padding of features": apart([["Pad", ["x", "pads"], ["y"]]], { pads: ints(0, 0, 1, 0, 0, 2) }),
};

/** True if the first example's part of y changes with the second example. Example i of y is its i-th equal part. */
function changes({ nodes, initializers = {} }: Case): boolean {
  const { graph, values } = imported({ nodes, initializers, couples: false });
  const size = EXTENTS[0]! * EXTENTS[1]!;
  const run = (data: Float64Array) => {
    const feeds = new Map([["x", refTensor("float32", [BATCH, ...EXTENTS], data)]]);
    for (const [name, tensor] of values) {
      feeds.set(name, refTensor("float32", tensor.shape, Float64Array.from(tensor.data as Float32Array)));
    }
    return [...interpret(bound(graph, BATCH), feeds).values()][0]!;
  };
  const data = seededNumbers(1, BATCH * size, -1, 1);
  const moved = data.map((value, i) => i >= size && i < 2 * size ? -value * 1.5 + 0.3 : value);
  const before = run(data), after = run(moved);
  // What an example depends on shows in how many elements change: those of one example, or more.
  const changed = before.data.filter((value, i) => Math.abs(value - after.data[i]!) > 1e-12).length;
  return changed > before.data.length / BATCH;
}

function imported({ nodes, initializers = {} }: Case) {
  const model = fileModel({ opset: 18, extents: EXTENTS, nodes, initializers });
  const { graph, values } = importGraph(model, "c.onnx", "critic");
  return { graph, values };
}

for (const [name, given] of Object.entries(CASES)) {
  Deno.test(`coupling: ${name}`, () => {
    const { BatchNormalization: _, ...composites } = EXPANSIONS;
    const found = couplingNode(expandAll(imported(given).graph, composites));
    assert.equal(found !== null, given.couples, `found ${found}`);
    assert.equal(changes(given), given.couples, "when it runs");
  });
}
