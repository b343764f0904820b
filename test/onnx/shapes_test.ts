import assert from "node:assert/strict";
import fc from "fast-check";
import { GraphBuilder } from "../../onnx/builder.ts";
import type { ElementType } from "../../onnx/graph.ts";
import { OPERATORS, type OpName } from "../../onnx/shapes.ts";
import { elementCode, tensorOf } from "../../onnx/tensor.ts";
import { COMPOSITE_TYPE_CASES } from "./composite_type_cases.ts";
import { type Case, input } from "./fixtures.ts";
import { type Extents, fixedType, ortTypes } from "./ort.ts";
import { WINDOW_TYPE_CASES } from "./window_cases.ts";

const EXTENTS: Extents = { N: 3, M: 5 };

const unary = (op: OpName, element: ElementType = "float32"): Case[] => [
  (b) => b.op(op, [input(b, ["N", 4], element)]),
  (b) => b.op(op, [input(b, [], element)]),
];

const binary = (op: OpName, element: ElementType = "float32"): Case[] => [
  (b) => b.op(op, [input(b, ["N", 4], element), input(b, [4], element)]),
  (b) => b.op(op, [input(b, [], element), input(b, [2, 1, "N"], element)]),
  (b) => b.op(op, [input(b, ["N", 1], element), input(b, ["M"], element)]),
];

const reduction = (op: OpName): Case[] => [
  (b) => b.op(op, [input(b, ["N", 4, 2])]),
  (b) => b.op(op, [input(b, ["N", 4, 2])], { keepdims: 0 }),
  (b) => b.op(op, [input(b, ["N", 4, 2]), b.ints([0, -1])]),
  (b) => b.op(op, [input(b, ["N", 4, 2]), b.ints([1])], { keepdims: 0 }),
  (b) => b.op(op, [input(b, ["N", 4, 2])], { noop_with_empty_axes: 1 }),
  (b) => b.op(op, [input(b, ["N", 4, 2]), b.ints([])], { keepdims: 0 }),
];

/** A case of every operator, and more where attributes and optional inputs change the result. */
const CASES: Readonly<Record<OpName, readonly Case[]>> = {
  ...COMPOSITE_TYPE_CASES,
  ...WINDOW_TYPE_CASES,
  Identity: unary("Identity"),
  Neg: unary("Neg"),
  Abs: unary("Abs"),
  Sign: unary("Sign"),
  Floor: unary("Floor"),
  Ceil: unary("Ceil"),
  Round: unary("Round"),
  ArgMax: [
    (b) => b.op("ArgMax", [input(b, ["N", 4])]),
    (b) => b.op("ArgMax", [input(b, ["N", 4])], { axis: -1, keepdims: 0 }),
  ],
  ArgMin: [(b) => b.op("ArgMin", [input(b, ["N", 4, 2])], { axis: 1 })],
  Sqrt: unary("Sqrt"),
  Exp: unary("Exp"),
  Log: unary("Log"),
  Reciprocal: unary("Reciprocal"),
  Erf: unary("Erf"),
  Tanh: unary("Tanh"),
  Sigmoid: unary("Sigmoid"),
  Softplus: unary("Softplus"),
  Relu: unary("Relu"),
  LeakyRelu: [...unary("LeakyRelu"), (b) => b.op("LeakyRelu", [input(b, [2])], { alpha: 1 })],
  Elu: [...unary("Elu"), (b) => b.op("Elu", [input(b, [2])], { alpha: 2 })],
  Selu: [...unary("Selu"), (b) => b.op("Selu", [input(b, [2])], { alpha: 2, gamma: 1 })],
  Not: unary("Not", "bool"),
  Add: [...binary("Add"), ...binary("Add", "int64"), ...binary("Add", "float64")],
  Sub: binary("Sub"),
  Mul: binary("Mul"),
  Div: [...binary("Div"), ...binary("Div", "int64")],
  Pow: [...binary("Pow"), (b) => b.op("Pow", [input(b, ["N"]), b.scalar(2, "int64")])],
  Min: [...binary("Min"), (b) => b.op("Min", [input(b, ["N"])])],
  Max: [
    ...binary("Max"),
    (b) => b.op("Max", [input(b, ["N", 1]), input(b, [1, 4]), input(b, [])]),
  ],
  And: binary("And", "bool"),
  Or: binary("Or", "bool"),
  Greater: binary("Greater"),
  GreaterOrEqual: binary("GreaterOrEqual"),
  Less: binary("Less"),
  LessOrEqual: binary("LessOrEqual"),
  Equal: [...binary("Equal"), ...binary("Equal", "bool")],
  Where: [
    (b) => b.op("Where", [input(b, ["N", 1], "bool"), input(b, []), input(b, [4])]),
    (b) => b.op("Where", [input(b, [4], "bool"), input(b, [4], "int64"), b.scalar(0, "int64")]),
  ],
  Clip: [
    ...unary("Clip"),
    (b) => b.op("Clip", [input(b, ["N"]), b.scalar(-1), b.scalar(1)]),
    (b) => b.op("Clip", [input(b, ["N"]), null, b.scalar(1)]),
  ],
  Cast: [
    (b) => b.op("Cast", [input(b, ["N"], "bool")], { to: elementCode("float32") }),
    (b) => b.op("Cast", [input(b, [2])], { to: elementCode("float64") }),
    (b) => b.op("Cast", [input(b, [2])], { to: elementCode("int64") }),
  ],
  ReduceSum: reduction("ReduceSum"),
  ReduceMean: reduction("ReduceMean"),
  ReduceMax: reduction("ReduceMax"),
  ReduceMin: reduction("ReduceMin"),
  ReduceProd: reduction("ReduceProd"),
  ReduceL1: reduction("ReduceL1"),
  ReduceL2: reduction("ReduceL2"),
  ReduceLogSum: reduction("ReduceLogSum"),
  ReduceLogSumExp: reduction("ReduceLogSumExp"),
  ReduceSumSquare: reduction("ReduceSumSquare"),
  Softmax: [...unary("Softmax").slice(0, 1), (b) => b.op("Softmax", [input(b, ["N", 4])], { axis: 0 })],
  MatMul: [
    (b) => b.op("MatMul", [input(b, ["N", 4]), input(b, [4, 3])]),
    (b) => b.op("MatMul", [input(b, [4]), input(b, [4, 3])]),
    (b) => b.op("MatMul", [input(b, ["N", 4]), input(b, [4])]),
    (b) => b.op("MatMul", [input(b, [4]), input(b, [4])]),
    (b) => b.op("MatMul", [input(b, [2, 1, "N", 4]), input(b, [3, 4, 5])]),
    (b) => b.op("MatMul", [input(b, [4, "N"]), input(b, ["N", 3])]),
  ],
  Gemm: [
    (b) => b.op("Gemm", [input(b, ["N", 4]), input(b, [4, 3]), input(b, [3])]),
    (b) => b.op("Gemm", [input(b, ["N", 4]), input(b, [3, 4])], { transB: 1, alpha: 2 }),
    (b) => b.op("Gemm", [input(b, [4, "N"]), input(b, [4, 3]), input(b, ["N", 1])], { transA: 1, beta: 1 }),
  ],
  Reshape: [
    (b) => b.op("Reshape", [input(b, ["N", 6]), b.ints([-1, 2, 3])]),
    (b) => b.op("Reshape", [input(b, ["N", 6]), b.ints([0, 3, -1])]),
    (b) => b.op("Reshape", [input(b, ["N", 6]), b.ints([-1])]),
    (b) => b.op("Reshape", [input(b, ["N", "M", 6]), b.ints([-1, 2])]),
    (b) => b.op("Reshape", [input(b, [1]), b.ints([])]),
    (b) => b.op("Reshape", [input(b, [0, 3]), b.ints([3, 0])], { allowzero: 1 }),
    (b) => {
      const x = input(b, ["N", 2, 3]);
      const rows = b.op("Slice", [b.op("Shape", [x]), b.ints([0]), b.ints([1])]);
      return b.op("Reshape", [x, b.op("Concat", [rows, b.ints([6])], { axis: 0 })]);
    },
  ],
  Transpose: [
    (b) => b.op("Transpose", [input(b, ["N", 2, 3])]),
    (b) => b.op("Transpose", [input(b, ["N", 2, 3])], { perm: [2, 0, 1] }),
    (b) => b.op("Transpose", [input(b, [])]),
  ],
  Expand: [
    (b) => b.op("Expand", [input(b, ["N", 1]), b.ints([2, 1, 4])]),
    (b) => b.op("Expand", [b.scalar(1), b.op("Shape", [input(b, ["N", 4])])]),
  ],
  Squeeze: [
    (b) => b.op("Squeeze", [input(b, [1, "N", 1]), b.ints([0, -1])]),
    (b) => b.op("Squeeze", [input(b, [1, 3, 1])]),
  ],
  Unsqueeze: [
    (b) => b.op("Unsqueeze", [input(b, ["N", 4]), b.ints([0, -1])]),
    (b) => b.op("Unsqueeze", [input(b, []), b.ints([0])]),
  ],
  Flatten: [
    (b) => b.op("Flatten", [input(b, ["N", 2, 3])]),
    (b) => b.op("Flatten", [input(b, ["N", 2, 3])], { axis: 0 }),
    (b) => b.op("Flatten", [input(b, ["N", 2, 3])], { axis: 3 }),
    (b) => b.op("Flatten", [input(b, ["N", "M", 3])], { axis: -1 }),
  ],
  Concat: [
    (b) => b.op("Concat", [input(b, ["N", 2]), input(b, ["N", 3])], { axis: 1 }),
    (b) => b.op("Concat", [input(b, [2, "N"]), input(b, [0, "N"]), input(b, [3, "N"])], { axis: -2 }),
  ],
  Slice: [
    (b) => b.op("Slice", [input(b, [5, 4]), b.ints([1]), b.ints([3])]),
    (b) => b.op("Slice", [input(b, ["N", 9]), b.ints([-2]), b.ints([-100]), b.ints([1]), b.ints([-3])]),
    (b) =>
      b.op("Slice", [input(b, ["N", 9]), b.ints([0, 2]), b.ints([2 ** 31 - 1, 2 ** 31 - 1]), b.ints([0, 1])]),
  ],
  Gather: [
    (b) => b.op("Gather", [input(b, [2, "N"]), b.ints([0, 1, 0])]),
    (b) => b.op("Gather", [input(b, ["N", 2]), b.scalar(1, "int64")], { axis: 1 }),
    (b) => b.op("Gather", [input(b, ["N", 2]), input(b, ["M", 3], "int64")], { axis: -1 }),
  ],
  Split: [
    (b) => b.ops("Split", [input(b, [7, "N"])], { num_outputs: 3 }, 3),
    (b) => b.ops("Split", [input(b, ["N", 6]), b.ints([1, 5])], { axis: 1 }, 2),
  ],
  Shape: [
    (b) => b.op("Shape", [input(b, ["N", 2, 3])]),
    (b) => b.op("Shape", [input(b, ["N", 2, 3])], { start: 1, end: -1 }),
    (b) => b.op("Shape", [input(b, ["N", 2, 3])], { start: -9, end: 9 }),
    (b) => b.op("Shape", [input(b, [])]),
  ],
  Constant: [
    (b) => b.op("Constant", [], { value: tensorOf("float64", [2, 1], [1, 2]) }),
    (b) => b.op("Constant", [], { value_float: 1 }),
    (b) => b.op("Constant", [], { value_floats: [1, 2] }),
    (b) => b.op("Constant", [], { value_int: 1 }),
    (b) => b.op("Constant", [], { value_ints: [1, 2, 3] }),
  ],
  ConstantOfShape: [
    (b) => b.op("ConstantOfShape", [b.ints([2, 0])]),
    (b) => b.op("ConstantOfShape", [b.ints([])], { value: tensorOf("int64", [1], [7]) }),
    (b) => b.op("ConstantOfShape", [b.op("Shape", [input(b, ["N", 4])])]),
  ],
};

/** Operators that came after opset 18, and forms of them. */
const OPSETS: Readonly<Record<string, number>> = { Gelu: 20, GroupNormalization: 21, Pad: 19 };

/** Compares all outputs of the cases, in one session, with what ONNX Runtime infers and computes. */
async function compare(op: string, cases: readonly Case[]): Promise<void> {
  const b = new GraphBuilder(op);
  for (const build of cases) for (const value of [build(b)].flat()) b.output(value);
  const graph = b.build();
  const found = await ortTypes(graph, EXTENTS, OPSETS[op]);
  graph.outputs.forEach((name, i) => {
    const type = graph.types.get(name)!;
    assert.deepEqual(fixedType(type, EXTENTS), found.computed[i], `${op} output ${i}, computed`);
    found.inferred[i]!.forEach((dim, axis) => {
      if (typeof dim === "number" && typeof type.shape[axis] === "number") {
        assert.equal(type.shape[axis], dim, `${op} output ${i}, inferred`);
      }
    });
  });
}

for (const op of Object.keys(OPERATORS) as OpName[]) {
  Deno.test(`the types of ${op} are those of ONNX Runtime`, async () => {
    assert((CASES[op] ?? []).length > 0, `${op} must have a case`);
    await compare(op, CASES[op]);
  });
}

/** Random cases of one kind, all in one session. */
function sample<T>(arbitrary: fc.Arbitrary<T>, numRuns: number): T[] {
  return fc.sample(arbitrary, { seed: 20261124, numRuns });
}

const extents = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });

Deno.test("random broadcasts give the shapes that ONNX Runtime computes", async () => {
  const pair = extents.chain((shape) =>
    fc.tuple(
      fc.constant(shape),
      fc.nat(shape.length).chain((skip) =>
        fc.tuple(...shape.slice(skip).map((dim) => fc.constantFrom(dim, 1)))
      ),
      fc.boolean(),
    )
  );
  await compare(
    "broadcast",
    sample(pair, 100).map(([left, right, swap]) => (b) => {
      const values = [input(b, left), input(b, right)];
      return b.op("Add", swap ? values.toReversed() : values);
    }),
  );
});

Deno.test("random slices give the shapes that ONNX Runtime computes", async () => {
  const step = fc.integer({ min: -3, max: 3 }).filter((step) => step !== 0);
  const slice = fc.record({
    extent: fc.integer({ min: 0, max: 6 }),
    start: fc.integer({ min: -9, max: 9 }),
    end: fc.integer({ min: -9, max: 9 }),
    step,
  });
  await compare(
    "slice",
    sample(slice, 400).map(({ extent, start, end, step }) => (b) =>
      b.op("Slice", [input(b, [2, extent]), b.ints([start]), b.ints([end]), b.ints([1]), b.ints([step])])
    ),
  );
});

Deno.test("contents of sliced, gathered and joined shapes are those that ONNX Runtime computes", async () => {
  const shape = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 2, maxLength: 5 });
  const picks = shape.chain((shape) =>
    fc.record({
      shape: fc.constant(shape),
      start: fc.integer({ min: -6, max: 6 }),
      end: fc.integer({ min: -6, max: 6 }),
      step: fc.constantFrom(-2, -1, 1, 2),
      indices: fc.array(fc.integer({ min: -shape.length, max: shape.length - 1 }), { maxLength: 3 }),
    })
  );
  await compare(
    "contents",
    sample(picks, 100).map(({ shape, start, end, step, indices }) => (b) => {
      const dims = b.op("Shape", [input(b, shape)]);
      const sliced = b.op("Slice", [dims, b.ints([start]), b.ints([end]), b.ints([0]), b.ints([step])]);
      const gathered = b.op("Gather", [dims, b.ints(indices)]);
      return b.op("ConstantOfShape", [b.op("Concat", [sliced, gathered], { axis: 0 })]);
    }),
  );
});

Deno.test("random reductions give the shapes that ONNX Runtime computes", async () => {
  const reduce = extents.chain((shape) =>
    fc.record({
      shape: fc.constant(shape),
      axes: fc.uniqueArray(fc.integer({ min: 0, max: shape.length - 1 })),
      negative: fc.boolean(),
      keepdims: fc.integer({ min: 0, max: 1 }),
    })
  );
  await compare(
    "reduce",
    sample(reduce, 100).map(({ shape, axes, negative, keepdims }) => (b) => {
      const given = b.ints(negative ? axes.map((axis) => axis - shape.length) : axes);
      return b.op("ReduceSum", [input(b, shape), given], { keepdims });
    }),
  );
});
