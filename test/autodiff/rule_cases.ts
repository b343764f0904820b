/**
 * Cases of each gradient rule: every input that a gradient flows to, every attribute, every kind of
 * broadcasting. Inputs stay away from kinks: from 0, from equal rivals, from bounds.
 */
import { elementCode } from "../../onnx/tensor.ts";
import type { DifferentiableOp } from "../../autodiff/rules.ts";
import { GATHERING_RULE_CASES } from "./gathering_cases.ts";
import { CONVOLUTION_RULE_CASES } from "./convolution_cases.ts";
import { POOL_RULE_CASES } from "./pool_cases.ts";
import { RESIZE_RULE_CASES } from "./resize_cases.ts";
import { i, type Operand, p, type RuleCase, within, x } from "./rule_case.ts";

const unary = (operand: Operand = x(2, 3)): RuleCase[] => [{ inputs: [operand] }];

function broadcasts(second: (...shape: number[]) => Operand = x): RuleCase[] {
  return [
    { inputs: [x(2, 3), second(2, 3)] },
    { inputs: [x(2, 3), second(3)] },
    { inputs: [x(2, 1), second(3)] },
    { inputs: [x(1, 3), second(2, 1, 1)] },
    { inputs: [x(), second(2, 2)] },
    { inputs: [p(2, 2), null], repeated: true },
  ];
}

const extremum: RuleCase[] = [
  ...broadcasts(),
  { inputs: [x(3), x(2, 1), x(2, 3)] },
  { inputs: [x(3)] },
];

const reductions: RuleCase[] = [
  { inputs: [x(2, 3)] },
  { inputs: [x(2, 3)], attributes: { keepdims: 0 } },
  { inputs: [x(2, 3), i(0)], attributes: { keepdims: 0 } },
  { inputs: [x(2, 3, 2), i(1)], attributes: { keepdims: 0 } },
  { inputs: [x(2, 3, 2), i(-1, 0)] },
  { inputs: [x(2, 2)], attributes: { noop_with_empty_axes: 1 } },
];

export const RULE_CASES: Readonly<Record<DifferentiableOp, readonly RuleCase[]>> = {
  ...GATHERING_RULE_CASES,
  ...CONVOLUTION_RULE_CASES,
  ...POOL_RULE_CASES,
  ...RESIZE_RULE_CASES,
  Identity: unary(),
  Neg: unary(),
  Abs: unary(),
  Sqrt: unary(p(2, 3)),
  Exp: unary(),
  Log: unary(p(2, 3)),
  Reciprocal: unary(),
  Erf: unary(),
  Tanh: unary(),
  Sigmoid: unary(),
  Softplus: unary(),
  Relu: unary(),
  LeakyRelu: [...unary(), { inputs: [x(2, 3)], attributes: { alpha: 0.2 } }],
  Elu: [...unary(), { inputs: [x(2, 3)], attributes: { alpha: 0.7 } }],
  Selu: [...unary(), { inputs: [x(2, 3)], attributes: { alpha: 1.5, gamma: 1.1 } }],
  Sin: unary(),
  Cos: unary(),
  Atan: unary(),
  PRelu: [
    { inputs: [x(2, 3), x(2, 3)] },
    { inputs: [x(2, 2, 3), x(2, 1)] },
    { inputs: [x(2, 3), x()] },
    { inputs: [x(2, 3), null], repeated: true },
  ],
  Add: broadcasts(),
  Sub: broadcasts().filter(({ repeated }) => !repeated),
  Mul: broadcasts(),
  Div: broadcasts(p).filter(({ repeated }) => !repeated),
  Pow: [
    { inputs: [p(2, 3), x(2, 3)] },
    { inputs: [p(2, 3), x(3)] },
    { inputs: [p(), x(2, 2)] },
    { inputs: [p(2, 2), null], repeated: true },
    { inputs: [x(4), i(3)] },
  ],
  Min: extremum,
  Max: extremum,
  Where: [
    { inputs: [{ bools: [0, 1, 1] }, x(2, 3), x(2, 3)] },
    { inputs: [{ bools: [0, 1, 1] }, x(2, 1), x()] },
  ],
  Clip: [
    { inputs: [x(3, 3), within(-0.8, -0.7), within(0.7, 0.8)] },
    { inputs: [x(3, 3), null, within(0.7, 0.8)] },
    { inputs: [x(3, 3), within(-0.8, -0.7)] },
    { inputs: [x(2, 2)] },
  ],
  Cast: [
    { inputs: [x(2, 3)], attributes: { to: elementCode("float32") } },
    { inputs: [x(2, 3)], attributes: { to: elementCode("float64") } },
  ],
  MatMul: [
    { inputs: [x(2, 3), x(3, 2)] },
    { inputs: [x(2, 2, 3), x(2, 3, 2)] },
    { inputs: [x(2, 1, 2, 3), x(3, 3, 2)] },
    { inputs: [x(2, 2, 3), x(3, 2)] },
    { inputs: [x(3), x(3)] },
    { inputs: [x(3), x(2, 3, 2)] },
    { inputs: [x(2, 2, 3), x(3)] },
    { inputs: [x(2, 2), null], repeated: true },
  ],
  Gemm: [
    { inputs: [x(2, 3), x(3, 2)] },
    { inputs: [x(2, 3), x(3, 2), x(2)], attributes: { beta: 0.7 } },
    { inputs: [x(3, 2), x(3, 2), x(2, 2)], attributes: { transA: 1, alpha: 0.5 } },
    { inputs: [x(2, 3), x(4, 3), x(2, 1)], attributes: { transB: 1, alpha: -2 } },
    { inputs: [x(3, 2), x(4, 3), x()], attributes: { transA: 1, transB: 1, alpha: 1.5, beta: -1 } },
  ],
  ReduceSum: reductions,
  ReduceMean: reductions,
  ReduceMax: reductions,
  ReduceMin: reductions,
  ReduceL2: reductions,
  ReduceLogSumExp: reductions,
  LogSoftmax: [{ inputs: [x(2, 3)] }, { inputs: [x(2, 3, 2)], attributes: { axis: 1 } }],
  CumSum: [
    { inputs: [x(2, 3), i(1)] },
    { inputs: [x(3, 2), i(0)], attributes: { exclusive: 1 } },
    { inputs: [x(2, 3), i(-1)], attributes: { reverse: 1 } },
    { inputs: [x(3, 2), i(0)], attributes: { reverse: 1, exclusive: 1 } },
  ],
  Softmax: [{ inputs: [x(2, 3)] }, { inputs: [x(2, 3, 2)], attributes: { axis: 1 } }],
  Reshape: [{ inputs: [x(2, 3), i(3, -1)] }, { inputs: [x(2, 2, 2), i(0, 4)] }],
  Transpose: [{ inputs: [x(2, 3, 2)] }, { inputs: [x(2, 3, 2)], attributes: { perm: [1, 2, 0] } }],
  Expand: [{ inputs: [x(3, 1), i(2, 1, 2)] }, { inputs: [x(), i(2)] }, { inputs: [x(2, 3), i(1, 1)] }],
  Squeeze: [{ inputs: [x(1, 3, 1), i(-1)] }, { inputs: [x(1, 3, 1)] }],
  Unsqueeze: [{ inputs: [x(2, 3), i(0, -1)] }],
  Flatten: [{ inputs: [x(2, 2, 2)] }, { inputs: [x(2, 3)], attributes: { axis: 0 } }],
  Concat: [
    { inputs: [x(2, 3), x(1, 3), x(2, 3)], attributes: { axis: 0 } },
    { inputs: [x(2, 3), x(2, 1)], attributes: { axis: -1 } },
    { inputs: [x(2, 2), null], attributes: { axis: 0 }, repeated: true },
  ],
  Split: [
    { inputs: [x(5, 2)], attributes: { num_outputs: 2 }, num_outputs: 2 },
    { inputs: [x(2, 4), i(1, 3)], attributes: { axis: -1 }, num_outputs: 2 },
  ],
  Slice: [
    { inputs: [x(4, 3), i(1, 0), i(3, 3)] },
    { inputs: [x(4, 3), i(-2), i(100), i(-1)] },
    { inputs: [x(7, 2), i(1), i(7), i(0), i(2)] },
    { inputs: [x(5, 4), i(0, -1), i(5, -100), i(0, 1), i(3, -2)] },
    { inputs: [x(6), i(-2), i(0), i(0), i(-2)] },
    { inputs: [x(6), i(100), i(-100), i(0), i(-2)] },
  ],
};
