/** Graphs within a file: what is written out, and what is refused, with what can be done. */
import assert from "node:assert/strict";
import { importGraph } from "../../../models/import/import_graph.ts";
import type { Tensor } from "../../../onnx/graph.ts";
import type { FileGraph, FileNode } from "../../../onnx/graph_reader.ts";
import { tensorOf } from "../../../onnx/tensor.ts";
import { interpret } from "../../reference/interpreter.ts";
import { refTensor } from "../../reference/ref_tensor.ts";
import { fileModel, type FileNode as ShortNode } from "./file_model.ts";

type Short = readonly [op: string, inputs: readonly string[], outputs: readonly string[]];

function graphOf(
  nodes: readonly Short[],
  inputs: readonly string[],
  outputs: readonly string[],
  initializers: Readonly<Record<string, Tensor>> = {},
): FileGraph {
  const declared = (name: string) => ({ name, type: undefined });
  const model = fileModel({ opset: 17, extents: [3], nodes, initializers });
  return { ...model.graph, inputs: inputs.map(declared), outputs: outputs.map(declared) };
}

/** The file with graphs for its node at this place. */
function imported(
  nodes: readonly ShortNode[],
  initializers: Readonly<Record<string, Tensor>>,
  at: number,
  subgraphs: Readonly<Record<string, FileGraph>>,
) {
  const { graph, ...model } = fileModel({ opset: 17, extents: [3], nodes, initializers });
  const own: FileNode[] = graph.nodes.map((node, i) => i === at ? { ...node, subgraphs } : node);
  return importGraph({ ...model, graph: { ...graph, nodes: own } }, "g.onnx", "critic");
}

function computed(...parts: Parameters<typeof imported>): readonly number[] {
  const { graph, values } = imported(...parts);
  const feeds = [...values].map(([name, { shape, data }]) =>
    [name, refTensor("float32", shape, Array.from(data, Number))] as const
  );
  const x = refTensor("float32", [1, 3], [1, 2, 3]);
  return [...interpret(graph, new Map([["x", x], ...feeds])).values().next().value!.data];
}

function refusal(...parts: Parameters<typeof imported>): string {
  try {
    imported(...parts);
  } catch (error) {
    assert.equal((error as Error).name, "UserError", (error as Error).stack ?? "");
    return (error as Error).message;
  }
  return assert.fail("must be refused");
}

const bool = (value: 0 | 1) => tensorOf("bool", [], [value]);
const long = (value: number) => tensorOf("int64", [], [value]);
const STATIC = "export it with fixed sizes and conditions (dynamo=True traces them)";

Deno.test("if: the branch of a constant condition, which sees the values of the file", () => {
  const nodes: ShortNode[] = [["Neg", ["x"], ["h"]], ["If", ["c"], ["y"]]];
  const subgraphs = {
    then_branch: graphOf([["Abs", ["h"], ["y"]]], [], ["y"]),
    else_branch: graphOf([], [], ["h"]),
  };
  assert.deepEqual(computed(nodes, { c: bool(1) }, 1, subgraphs), [1, 2, 3]);
  assert.deepEqual(computed(nodes, { c: bool(0) }, 1, subgraphs), [-1, -2, -3]);
});

Deno.test("if: a condition that hangs on the examples, or on how many there are, is refused", () => {
  const subgraphs = {
    then_branch: graphOf([["Abs", ["x"], ["a"]]], [], ["a"]),
    else_branch: graphOf([["Neg", ["x"], ["b"]]], [], ["b"]),
  };
  const byNumbers: ShortNode[] = [["ReduceSum", ["x"], ["s"], { keepdims: 0 }], ["Greater", ["s", "zero"], [
    "c",
  ]], ["If", ["c"], ["y"]]];
  const byBatch: ShortNode[] = [["Shape", ["x"], ["s"], { end: 1 }], ["Equal", ["s", "one"], ["c"]], [
    "If",
    ["c"],
    ["y"],
  ]];
  const constants = { zero: tensorOf("float32", [], [0]), one: tensorOf("int64", [1], [1]) };
  for (const nodes of [byNumbers, byBatch]) {
    assert.equal(
      refusal(nodes, constants, 2, subgraphs),
      `Cannot import node node2 (If) of graph g.onnx: its condition must be constant; ${STATIC}`,
    );
  }
});

/** h is x, then three times h w; what each round gave goes into y beside it. */
const body = graphOf(
  [["Mul", ["h", "w"], ["next"]], ["Less", ["i", "two"], ["again"]]],
  ["i", "go", "h"],
  ["again", "next", "next"],
  { two: long(2) },
);
const loop: ShortNode[] = [
  ["Loop", ["trips", "go", "x"], ["last", "all"]],
  ["Unsqueeze", ["last", "axis"], ["wide"]],
  ["Concat", ["all", "wide"], ["y"], { axis: 0 }],
];
const constants = { w: tensorOf("float32", [3], [2, 3, 4]), axis: tensorOf("int64", [1], [0]) };

Deno.test("loop: as often as its trip count or its condition says, whichever ends first", () => {
  const rounds = (count: number) =>
    Array.from({ length: count }, (_, i) => [2 ** (i + 1), 2 * 3 ** (i + 1), 3 * 4 ** (i + 1)]);
  const y = (count: number) => [...rounds(count), rounds(count).at(-1)!].flat();
  const run = (trips: number) =>
    computed(loop, { ...constants, trips: long(trips), go: bool(1) }, 0, { body });
  assert.deepEqual(run(2), y(2));
  assert.deepEqual(run(9), y(3));
});

Deno.test("loop: how often it goes must be known, and not too often", () => {
  const start = "Cannot import node node0 (Loop) of graph g.onnx: ";
  const given = { ...constants, go: bool(1) };
  assert.equal(
    refusal(loop, { ...given, trips: long(0) }, 0, { body }),
    `${start}it must run 1 to 1024 times, so that it can be unrolled: found 0; export shorter sequences`,
  );
  const forever = { ...body, outputs: [{ name: "go", type: undefined }, ...body.outputs.slice(1)] };
  assert.equal(
    refusal(loop, { ...given, trips: long(2000) }, 0, { body: forever }),
    `${start}it must run 1 to 1024 times, so that it can be unrolled: found 1025; export shorter sequences`,
  );
  const counted: ShortNode[] = [["Shape", ["x"], ["trips"], { end: 1 }], ...loop];
  assert.equal(
    refusal(counted, given, 1, { body }),
    `Cannot import node node1 (Loop) of graph g.onnx: its trip count must be constant; ${STATIC}`,
  );
  const nested = graphOf(
    Array.from({ length: 20 }, (_, i): Short => ["Neg", [i ? `n${i}` : "h"], [`n${i + 1}`]]),
    [
      "i",
      "go",
      "h",
    ],
    ["go", "n20", "n20"],
  );
  assert.equal(
    refusal(loop, { ...given, trips: long(1000) }, 0, { body: nested }),
    `${start}unrolled, it must have at most 10000 nodes; export shorter sequences`,
  );
});

Deno.test("loop: weights of the file are one weight in all rounds", () => {
  const { graph, values } = imported(loop, { ...constants, trips: long(3), go: bool(1) }, 0, { body });
  assert.deepEqual([...values.keys()], ["critic.w"]);
  assert.equal(graph.nodes.filter(({ op }) => op === "Mul").length, 3);
});
