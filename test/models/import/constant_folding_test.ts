/** Constants of a file computed beforehand, by the definition of each operator; extents may be names. */
import assert from "node:assert/strict";
import { type Constant, foldConstant } from "../../../models/import/constant_folding.ts";
import type { Attribute, Dim, Node } from "../../../onnx/graph.ts";
import { tensorOf } from "../../../onnx/tensor.ts";

const ints = (...items: readonly Dim[]): Constant => ({ element: "int64", shape: [items.length], items });
const int = (item: Dim): Constant => ({ element: "int64", shape: [], items: [item] });

function found(
  op: string,
  inputs: readonly Constant[],
  attributes: Readonly<Record<string, Attribute>> = {},
) {
  const node: Node = {
    name: "",
    op,
    domain: "",
    inputs: inputs.map((_, i) => `${i}`),
    outputs: ["y"],
    attributes,
  };
  const constant = foldConstant({ node, inputs });
  return constant && [constant.element, constant.shape, constant.items];
}

Deno.test("evaluate: integers are divided towards zero, and never by zero", () => {
  assert.deepEqual(found("Div", [ints(7, -7, 8), int(2)]), ["int64", [3], [3, -3, 4]]);
  assert.equal(found("Div", [ints(7), int(0)]), undefined);
});

Deno.test("evaluate: names are equal to themselves and no number below 1; else it is not known", () => {
  assert.deepEqual(found("Equal", [ints("N", "N", 3, 3), ints("N", -1, 3, 4)]), ["bool", [4], [1, 0, 1, 0]]);
  assert.equal(found("Equal", [ints("N"), ints(4)]), undefined);
  assert.equal(found("Equal", [ints("N"), ints("M")]), undefined);
});

Deno.test("evaluate: Where takes the first where the condition holds", () => {
  const condition: Constant = { element: "bool", shape: [3], items: [1, 0, 1] };
  assert.deepEqual(found("Where", [condition, ints(1, 2, 3), ints("N", "M", 9)]), ["int64", [3], [
    1,
    "M",
    3,
  ]]);
});

Deno.test("evaluate: reductions of all items", () => {
  const none: Attribute = { kind: "int", value: 0 };
  assert.deepEqual(found("ReduceProd", [ints(2, 3, 7)], { keepdims: none }), ["int64", [], [42]]);
  assert.deepEqual(found("ReduceSum", [ints(2, 3, 7)]), ["int64", [1], [12]]);
  assert.deepEqual(found("ReduceMax", [ints(2, 9, 7)]), ["int64", [1], [9]]);
  assert.deepEqual(found("ReduceMin", [ints(2, 9, 1)]), ["int64", [1], [1]]);
});

Deno.test("evaluate: Range, and ConstantOfShape with its value", () => {
  assert.deepEqual(found("Range", [int(1), int(8), int(3)]), ["int64", [3], [1, 4, 7]]);
  assert.deepEqual(found("Range", [int(3), int(0), int(-2)]), ["int64", [2], [3, 1]]);
  const value: Attribute = { kind: "tensor", value: tensorOf("int64", [1], [5]) };
  assert.deepEqual(found("ConstantOfShape", [ints(2, 1)], { value }), ["int64", [2, 1], [5, 5]]);
  assert.deepEqual(found("ConstantOfShape", [ints(2)]), ["float32", [2], [0, 0]]);
});

Deno.test("evaluate: a name is at least 1: what that says of the smaller, the larger and comparisons", () => {
  assert.deepEqual(found("Max", [ints("N", "N", 1, 0), ints("N", 1, "N", "N")]), [
    "int64",
    [4],
    Array(4).fill("N"),
  ]);
  assert.deepEqual(found("Min", [ints("N", "N", 1), ints("N", 1, "N")]), ["int64", [3], ["N", 1, 1]]);
  assert.equal(found("Max", [ints("N"), ints(2)]), undefined);
  assert.deepEqual(found("Max", [ints("N"), ints(1), ints(0)]), ["int64", [1], ["N"]]);
  assert.deepEqual(found("Greater", [ints("N", 0, 1), ints(0, "N", "N")]), ["bool", [3], [1, 0, 0]]);
  assert.deepEqual(found("Less", [ints("N", "N"), ints("N", 1)]), ["bool", [2], [0, 0]]);
  assert.equal(found("Less", [ints("N"), ints(2)]), undefined);
});

const matrix = (shape: readonly number[], ...items: readonly number[]): Constant => ({
  element: "int64",
  shape,
  items,
});
const int_ = (value: number): Attribute => ({ kind: "int", value });

Deno.test("evaluate: items of any rank in other places", () => {
  const rows = matrix([2, 3], 1, 2, 3, 4, 5, 6);
  assert.deepEqual(found("Transpose", [rows]), ["int64", [3, 2], [1, 4, 2, 5, 3, 6]]);
  const perm: Attribute = { kind: "ints", value: [1, 2, 0] };
  const cube = matrix([2, 1, 2], 1, 2, 3, 4);
  assert.deepEqual(found("Transpose", [cube], { perm }), ["int64", [1, 2, 2], [1, 3, 2, 4]]);
  assert.deepEqual(found("Slice", [rows, ints(-1), ints(-(2 ** 53)), ints(0), ints(-1)]), ["int64", [2, 3], [
    ...[4, 5, 6],
    ...[1, 2, 3],
  ]]);
  assert.deepEqual(found("Slice", [rows, ints(0, 0), ints(9, 9), ints(1, 0), ints(2, 1)]), ["int64", [2, 2], [
    ...[1, 3],
    ...[4, 6],
  ]]);
  assert.deepEqual(found("Slice", [rows, ints(2), ints(1), ints(1)]), ["int64", [2, 0], []]);
  assert.deepEqual(found("Concat", [rows, matrix([2, 1], 7, 8)], { axis: int_(-1) }), ["int64", [2, 4], [
    ...[1, 2, 3, 7],
    ...[4, 5, 6, 8],
  ]]);
  assert.deepEqual(found("Gather", [rows, matrix([1, 2], -1, 0)], { axis: int_(1) }), ["int64", [2, 1, 2], [
    ...[3, 1],
    ...[6, 4],
  ]]);
  assert.equal(found("Gather", [rows, ints(3)], { axis: int_(1) }), undefined);
  assert.deepEqual(found("Tile", [matrix([1, 2], 1, 2), ints(2, 2)]), ["int64", [2, 4], [
    1,
    2,
    1,
    2,
    1,
    2,
    1,
    2,
  ]]);
  assert.equal(found("Tile", [ints(1), ints(2 ** 40)]), undefined);
});

Deno.test("evaluate: a constant without items is not computed with where its extents are too large", () => {
  const empty: Constant = { element: "int64", shape: [0, 2 ** 40], items: [] };
  const axis: Attribute = { kind: "int", value: 0 };
  for (
    const [op, inputs] of [["Slice", [empty, ints(0), ints(0), ints(0)]], ["Gather", [
      empty,
      ints(),
    ]]] as const
  ) {
    assert.equal(found(op, inputs, op === "Gather" ? { axis } : {}), undefined);
  }
  const perm: Attribute = { kind: "ints", value: [1, 0] };
  assert.equal(found("Transpose", [empty], { perm }), undefined);
});
