/** What each operator is checked on: at least one case each, with its options, broadcasts and corners. */
import type { OpName } from "../../onnx/shapes.ts";
import { elementCode, tensorOf } from "../../onnx/tensor.ts";
import { ACTIVATION_CASES } from "./activation_cases.ts";
import { EINSUM_CASES } from "./einsum_cases.ts";
import { GATHERING_CASES } from "./gathering_cases.ts";
import { NORMALISATION_CASES } from "./normalisation_cases.ts";
import { c, f, given, type OperatorCase } from "./operator_case.ts";
import { PADDING_CASES } from "./padding_cases.ts";
import { CONVOLUTION_CASES } from "./convolution_cases.ts";
import { POOL_CASES } from "./pool_cases.ts";
import { RESIZE_CASES } from "./resize_cases.ts";

const bools = (...values: number[]) => given("bool", values);
const unary = (low = -2, high = 2): OperatorCase[] => [{ inputs: [f([3, 4], low, high)] }];
const broadcasts = (low = -2, high = 2): OperatorCase[] => [
  { inputs: [f([3, 4]), f([3, 4], low, high)] },
  { inputs: [f([2, 1, 4]), f([3, 1], low, high)] },
  { inputs: [f([]), f([2, 3], low, high)] },
];
const comparisons: OperatorCase[] = [
  ...broadcasts(),
  { inputs: [given("float32", [1, 2, 3, -0]), given("float32", [2, 2, 1, 0])] },
  { inputs: [given("int64", [1, 2, 3]), given("int64", [2, 2, 1])] },
];
const logic: OperatorCase[] = [{ inputs: [bools(0, 0, 1, 1), bools(0, 1, 0, 1)] }];
const extremes: OperatorCase[] = [
  { inputs: [f([3, 4])] },
  ...broadcasts(),
  { inputs: [f([3, 1]), f([4]), f([2, 3, 4])] },
];
const reductionsOf = (low: number, high: number): OperatorCase[] => [
  { inputs: [f([2, 3, 4], low, high)] },
  { inputs: [f([2, 3, 4], low, high)], attributes: { keepdims: 0 } },
  { inputs: [f([2, 3, 4], low, high), c(1)] },
  { inputs: [f([2, 3, 4], low, high), c(-1, 0)], attributes: { keepdims: 0 } },
  { inputs: [f([2, 3], low, high)], attributes: { noop_with_empty_axes: 1 } },
  { inputs: [f([], low, high)], attributes: { keepdims: 0 } },
];

const reductions = reductionsOf(-2, 2), positiveReductions = reductionsOf(0.2, 2);
const softmaxes: OperatorCase[] = [
  { inputs: [f([3, 4])] },
  { inputs: [f([2, 3, 4], -50, 50)], attributes: { axis: 1 } },
  { inputs: [f([2, 3, 4])], attributes: { axis: -3 } },
];

const arguments_: OperatorCase[] = [
  { inputs: [f([3, 4])] },
  { inputs: [f([2, 5, 3])], attributes: { axis: -2, keepdims: 0 } },
  { inputs: [given("float32", [1, 3, 3, 1, 1])], attributes: { axis: 0 } },
  { inputs: [given("float32", [1, 3, 3, 1, 1])], attributes: { axis: 0, select_last_index: 1 } },
];

export const OPERATOR_CASES: Readonly<Record<OpName, readonly OperatorCase[]>> = {
  ...ACTIVATION_CASES,
  ...EINSUM_CASES,
  ...GATHERING_CASES,
  ...NORMALISATION_CASES,
  ...PADDING_CASES,
  ...CONVOLUTION_CASES,
  ...POOL_CASES,
  ...RESIZE_CASES,
  Identity: unary(),
  Neg: unary(),
  Abs: unary(),
  Sign: [{ inputs: [given("float32", [-2, 0, 3])] }],
  Floor: [...unary(), { inputs: [given("float32", [-2, -0.5, 0, 0.5, 3])] }],
  Ceil: [...unary(), { inputs: [given("float32", [-2, -0.5, 0, 0.5, 3])] }],
  Round: [...unary(), {
    inputs: [given("float32", [-2.5, -1.5, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 1.5, 2.5, 2.75, 7])],
  }],
  ArgMax: arguments_,
  ArgMin: arguments_,
  Sqrt: unary(0, 4),
  Exp: unary(),
  Log: unary(0.1, 4),
  Reciprocal: unary(0.3, 3),
  Erf: unary(-4, 4),
  Tanh: unary(),
  Sigmoid: unary(-8, 8),
  Softplus: unary(-30, 30),
  Relu: unary(),
  LeakyRelu: [...unary(), { inputs: [f([3, 4])], attributes: { alpha: 0.2 } }],
  Elu: [...unary(), { inputs: [f([3, 4])], attributes: { alpha: 0.7 } }],
  Selu: [...unary(), { inputs: [f([3, 4])], attributes: { alpha: 1.5, gamma: 1.1 } }],
  Not: [{ inputs: [bools(0, 1)] }],
  Add: [...broadcasts(), { inputs: [given("int64", [1, 2]), given("int64", [5, -7])] }],
  Sub: [...broadcasts(), { inputs: [given("int64", [1, 2]), given("int64", [5, -7])] }],
  Mul: [...broadcasts(), { inputs: [given("int64", [1, 2]), given("int64", [5, -7])] }],
  Div: [...broadcasts(0.3, 2), { inputs: [given("int64", [7, -7, 9]), given("int64", [2, 2, -4])] }],
  Pow: [
    { inputs: [f([3, 4], 0.1, 2), f([3, 4])] },
    { inputs: [f([3, 4]), given("float32", [2])] },
    { inputs: [f([3, 1], 0.1, 2), given("int64", [2, 3, -1])] },
  ],
  Min: extremes,
  Max: extremes,
  And: logic,
  Or: logic,
  Greater: comparisons,
  GreaterOrEqual: comparisons,
  Less: comparisons,
  LessOrEqual: comparisons,
  Equal: comparisons,
  Where: [
    { inputs: [bools(0, 1, 1, 0), f([4]), f([4])] },
    { inputs: [bools(0, 1, 1), f([2, 1]), f([])] },
  ],
  Clip: [
    { inputs: [f([3, 4]), f([], -1, -0.5), f([], 0.5, 1)] },
    { inputs: [f([3, 4]), null, f([], 0.5, 1)] },
    { inputs: [f([3, 4]), f([], -1, -0.5)] },
    { inputs: [f([3, 4])] },
  ],
  Cast: [
    { inputs: [f([3, 4], -5, 5)], attributes: { to: elementCode("int64") } },
    { inputs: [given("float32", [0, -0.5, 2])], attributes: { to: elementCode("bool") } },
    { inputs: [bools(0, 1)], attributes: { to: elementCode("float32") } },
    { inputs: [f([3])], attributes: { to: elementCode("float64") } },
  ],
  MatMul: [
    { inputs: [f([3, 4]), f([4, 2])] },
    { inputs: [f([2, 1, 3, 4]), f([5, 4, 2])] },
    { inputs: [f([4]), f([4])] },
    { inputs: [f([4]), f([2, 4, 3])] },
    { inputs: [f([2, 3, 4]), f([4])] },
  ],
  Gemm: [
    { inputs: [f([3, 4]), f([4, 2])] },
    { inputs: [f([4, 3]), f([4, 2]), f([2])], attributes: { transA: 1 } },
    { inputs: [f([3, 4]), f([2, 4]), f([3, 1])], attributes: { transB: 1, alpha: 0.5 } },
    { inputs: [f([4, 3]), f([2, 4]), f([])], attributes: { transA: 1, transB: 1, alpha: 2, beta: -0.5 } },
  ],
  ReduceSum: reductions,
  ReduceMean: reductions,
  ReduceMax: reductions,
  ReduceMin: reductions,
  ReduceProd: reductions,
  ReduceL1: reductions,
  ReduceL2: reductions,
  ReduceLogSum: positiveReductions,
  ReduceLogSumExp: reductions,
  ReduceSumSquare: reductions,
  LogSoftmax: softmaxes,
  CumSum: [
    { inputs: [f([2, 4]), c(1)] },
    { inputs: [f([3, 4]), c(-2)], attributes: { exclusive: 1 } },
    { inputs: [f([3, 4]), c(0)], attributes: { reverse: 1 } },
    { inputs: [f([2, 3, 2]), c(1)], attributes: { reverse: 1, exclusive: 1 } },
  ],
  Softmax: softmaxes,
  Reshape: [
    { inputs: [f([2, 3, 4]), c(4, 6)] },
    { inputs: [f([2, 3, 4]), c(0, -1)] },
    { inputs: [f([0, 3]), c(3, 0)], attributes: { allowzero: 1 } },
    { inputs: [f([1, 1]), { constant: [] }] },
  ],
  Transpose: [{ inputs: [f([2, 3, 4])] }, { inputs: [f([2, 3, 4])], attributes: { perm: [1, 2, 0] } }],
  Expand: [{ inputs: [f([3, 1]), c(2, 1, 4)] }, { inputs: [f([2, 3]), c(1, 1)] }],
  Squeeze: [{ inputs: [f([1, 3, 1]), c(-1)] }, { inputs: [f([1, 3, 1])] }],
  Unsqueeze: [{ inputs: [f([3, 4]), c(0, -1)] }, { inputs: [f([3, 4]), c(2, 1)] }],
  Flatten: [
    { inputs: [f([2, 3, 4])] },
    { inputs: [f([2, 3, 4])], attributes: { axis: 0 } },
    { inputs: [f([2, 3, 4])], attributes: { axis: -1 } },
  ],
  Concat: [
    { inputs: [f([2, 3]), f([1, 3]), f([4, 3])], attributes: { axis: 0 } },
    { inputs: [f([2, 3]), f([2, 1])], attributes: { axis: -1 } },
  ],
  Slice: [
    { inputs: [f([5, 4]), c(1, 0), c(4, 3)] },
    { inputs: [f([5, 4]), c(-3), c(100), c(-2)] },
    { inputs: [f([7, 5]), c(1, -1), c(6, -100), c(0, 1), c(2, -2)] },
    { inputs: [f([5]), c(3), c(1), c(0)] },
  ],
  Gather: [
    { inputs: [f([4, 3]), c(2, -1, 0)] },
    { inputs: [f([2, 4, 3]), given("int64", [1, 3])], attributes: { axis: 1 } },
  ],
  Split: [
    { inputs: [f([5, 3])], attributes: { num_outputs: 2 }, num_outputs: 2 },
    { inputs: [f([2, 6]), c(1, 3, 2)], attributes: { axis: -1 }, num_outputs: 3 },
  ],
  Constant: [
    { inputs: [], attributes: { value: tensorOf("float32", [2, 1], [1, 2]) } },
    { inputs: [], attributes: { value_float: 1.5 } },
    { inputs: [], attributes: { value_floats: [1, 2.5] } },
    { inputs: [], attributes: { value_int: 3 } },
    { inputs: [], attributes: { value_ints: [3, 4] } },
  ],
  ConstantOfShape: [
    { inputs: [c(2, 3)] },
    { inputs: [c(2)], attributes: { value: tensorOf("int64", [1], [7]) } },
  ],
  Shape: [
    { inputs: [f([2, 3, 4])] },
    { inputs: [f([2, 3, 4])], attributes: { start: 1, end: -1 }, named: [2, "N", 4] },
  ],
};
