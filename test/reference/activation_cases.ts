/** What the activations beyond the elementary functions are checked on. */
import { f, type Operand, type OperatorCase } from "./operator_case.ts";

const plain: OperatorCase[] = [{ inputs: [f([3, 4], -4, 4)] }];
const scalar = (element: "bool" | "float32", value: number): Operand => ({
  element,
  shape: [],
  low: 0,
  high: 0,
  values: [value],
});
const sums: OperatorCase[] = [
  { inputs: [f([3, 4])] },
  { inputs: [f([3, 4]), f([3, 4])] },
  { inputs: [f([3, 1]), f([4]), f([2, 3, 4])] },
];

export const ACTIVATION_CASES = {
  Sin: plain,
  Cos: plain,
  Atan: plain,
  Softsign: plain,
  Celu: [...plain, { inputs: [f([3, 4])], attributes: { alpha: 0.7 } }],
  HardSigmoid: [...plain, { inputs: [f([3, 4])], attributes: { alpha: 0.5, beta: 0.3 } }],
  HardSwish: plain,
  ThresholdedRelu: [...plain, { inputs: [f([3, 4])], attributes: { alpha: 0.3 } }],
  Mish: plain,
  PRelu: [
    { inputs: [f([3, 4]), f([3, 4])] },
    { inputs: [f([2, 3, 4]), f([3, 1])] },
    { inputs: [f([2, 3]), f([])] },
  ],
  Gelu: [
    { inputs: [f([3, 4], -4, 4)], opset: 20 },
    { inputs: [f([3, 4], -4, 4)], attributes: { approximate: "tanh" }, opset: 20 },
  ],
  Dropout: [
    { inputs: [f([3, 4])] },
    { inputs: [f([3, 4]), scalar("float32", 0.3)], num_outputs: 2 },
    { inputs: [f([3, 4]), scalar("float32", 0.3), scalar("bool", 0)] },
  ],
  Sum: sums,
  Mean: sums,
} satisfies Record<string, readonly OperatorCase[]>;
