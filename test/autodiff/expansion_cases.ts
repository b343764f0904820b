/** What gradients through expansions are checked on. Inputs stay away from kinks. */
import type { ExpandedOp } from "../../autodiff/decompose.ts";
import { i, type Operand, p, type RuleCase, within, x } from "./rule_case.ts";

const unary = (operand: Operand = x(2, 3)): RuleCase[] => [{ inputs: [operand] }];

const sums: RuleCase[] = [
  { inputs: [x(2, 3)] },
  { inputs: [x(2, 1), x(3), x(2, 3)] },
  { inputs: [x(2, 2), null], repeated: true },
];

const reductions = (operand: (...shape: number[]) => Operand = x): RuleCase[] => [
  { inputs: [operand(2, 3)] },
  { inputs: [operand(2, 3, 2), i(-1, 0)], attributes: { keepdims: 0 } },
  { inputs: [operand(2, 5), i(1)] },
  { inputs: [operand(2, 2)], attributes: { noop_with_empty_axes: 1 } },
];

const einsum = (equation: string, ...shapes: number[][]): RuleCase => ({
  inputs: shapes.map((shape) => x(...shape)),
  attributes: { equation },
});

/** Running statistics are inputs like others: a positive variance. */
const batch = (...shape: number[]): Operand[] => {
  const channels = shape[1]!;
  return [x(...shape), x(channels), x(channels), x(channels), p(channels)];
};

export const EXPANSION_CASES: Readonly<Record<ExpandedOp, readonly RuleCase[]>> = {
  Gelu: [...unary(), { inputs: [x(2, 3)], attributes: { approximate: "tanh" } }],
  Celu: [...unary(), { inputs: [x(2, 3)], attributes: { alpha: 0.7 } }],
  Mish: unary(),
  HardSigmoid: [...unary(within(-2, 2, 2, 3)), {
    inputs: [x(2, 3)],
    attributes: { alpha: 0.2, beta: 0.45 },
  }],
  HardSwish: unary(within(-2, 2, 2, 3)),
  ThresholdedRelu: [{ inputs: [x(2, 3)], attributes: { alpha: 0.1 } }, ...unary(within(1.1, 2, 2, 2))],
  Softsign: unary(),
  Sum: sums,
  Mean: sums,
  Einsum: [
    einsum("ij,jk->ik", [2, 3], [3, 2]),
    einsum("bij,bkj->bki", [2, 2, 3], [2, 2, 3]),
    einsum("...ij,jk->...ik", [2, 1, 2, 2], [2, 3]),
    einsum("bchw,c->bhw", [2, 2, 2, 1], [2]),
    einsum("i,j->ij", [2], [3]),
    einsum("ij,ij->", [2, 2], [2, 2]),
    einsum("abc,cd,db->a", [2, 2, 2], [2, 2], [2, 2]),
    einsum("iij->j", [2, 2, 3]),
    einsum("ijk->ki", [2, 3, 2]),
    einsum("ij,kj->ik", [2, 1], [2, 3]),
  ],
  BatchNormalization: [
    { inputs: batch(3, 2) },
    { inputs: batch(2, 2, 2, 2), attributes: { epsilon: 0.1 } },
    { inputs: batch(3, 2, 2), attributes: { training_mode: 1, momentum: 0.7 }, num_outputs: 3 },
    { inputs: batch(4, 2), attributes: { training_mode: 1, epsilon: 0.1 }, num_outputs: 3 },
  ],
  LayerNormalization: [
    { inputs: [x(2, 4), x(4), x(4)] },
    { inputs: [x(2, 2, 3), x(2, 3)], attributes: { axis: 1, epsilon: 0.1 } },
    { inputs: [x(3, 4), x(4), x(4)], num_outputs: 3 },
  ],
  InstanceNormalization: [
    { inputs: [x(2, 2, 3), x(2), x(2)] },
    { inputs: [x(1, 2, 2, 2), x(2), x(2)], attributes: { epsilon: 0.1 } },
  ],
  GroupNormalization: [
    { inputs: [x(2, 4, 2), x(4), x(4)], attributes: { num_groups: 2 } },
    { inputs: [x(1, 4, 2, 2), x(2), x(2)], attributes: { num_groups: 2, epsilon: 0.1 } },
    { inputs: [x(2, 2, 5), x(2), x(2)], attributes: { num_groups: 2 } },
  ],
  LpNormalization: [...unary(), { inputs: [x(2, 3, 2)], attributes: { p: 1, axis: 1 } }],
  MeanVarianceNormalization: [
    { inputs: [x(2, 2, 2, 2)] },
    { inputs: [x(2, 6)], attributes: { axes: [-1] } },
  ],
  Pad: ["reflect", "edge", "wrap"].flatMap((mode) => [
    { inputs: [x(3, 4), i(2, 1, 0, 3)], attributes: { mode } },
    { inputs: [x(2, 3, 2), i(2, 1), null, i(-2)], attributes: { mode } },
  ]),
  Trilu: [
    ...unary(x(2, 3)),
    { inputs: [x(2, 3, 2), i(-1)], attributes: { upper: 0 } },
  ],
  ReduceProd: reductions(),
  ReduceL1: reductions(),
  ReduceLogSum: reductions(p),
  ReduceSumSquare: reductions(),
};
