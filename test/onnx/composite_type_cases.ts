/** Operators made of others, and operators by index, with types that ONNX Runtime is asked about. */
import type { GraphBuilder, Value } from "../../onnx/builder.ts";
import { type Case, input } from "./fixtures.ts";

const activation = (op: string, attributes = {}): Case[] => [
  (b) => b.op(op, [input(b, ["N", 4])]),
  (b) => b.op(op, [input(b, [2])], attributes),
];
const vectors = (b: GraphBuilder, count: number): Value[] =>
  Array.from({ length: count }, () => input(b, [4]));
const sums = (op: string): Case[] => [
  (b) => b.op(op, [input(b, ["N", 4]), input(b, [4]), input(b, [])]),
  (b) => b.op(op, [input(b, ["N"])]),
];
const einsum = (equation: string, ...shapes: readonly (readonly (number | string)[])[]): Case => (b) =>
  b.op("Einsum", shapes.map((shape) => input(b, shape)), { equation });

export const COMPOSITE_TYPE_CASES = {
  Sin: activation("Sin"),
  Cos: activation("Cos"),
  Atan: activation("Atan"),
  Softsign: activation("Softsign"),
  Celu: activation("Celu", { alpha: 2 }),
  HardSigmoid: activation("HardSigmoid", { alpha: 0.5, beta: 0.1 }),
  HardSwish: activation("HardSwish"),
  ThresholdedRelu: activation("ThresholdedRelu", { alpha: 2 }),
  Mish: activation("Mish"),
  Gelu: activation("Gelu", { approximate: "tanh" }),
  PRelu: [
    (b) => b.op("PRelu", [input(b, ["N", 4, 3]), input(b, [4, 1])]),
    (b) => b.op("PRelu", [input(b, ["N", 4]), input(b, [])]),
  ],
  Dropout: [
    (b) => b.op("Dropout", [input(b, ["N", 4])]),
    (b) => b.ops("Dropout", [input(b, [2, "N"]), b.scalar(0.5)], {}, 2),
  ],
  Sum: sums("Sum"),
  Mean: sums("Mean"),
  Einsum: [
    einsum("ij,jk->ik", ["N", 4], [4, 3]),
    einsum("bij,bkj", ["N", 2, 3], ["N", 4, 3]),
    einsum("...i->...", ["N", 2, 3]),
    einsum("...ij,jk", [2, "N", 4], [4, "N"]),
    einsum("cba", [2, "N", 3]),
    einsum("ij->", [2, "N"]),
  ],
  BatchNormalization: [
    ...[["N", 4], ["N", 4, 5, 2]].map((shape): Case => (b) =>
      b.op("BatchNormalization", [input(b, shape), ...vectors(b, 4)], { epsilon: 1e-5 })
    ),
    (b) => b.ops("BatchNormalization", [input(b, ["N", 4, 5]), ...vectors(b, 4)], { training_mode: 1 }, 3),
  ],
  LayerNormalization: [
    (b) => b.op("LayerNormalization", [input(b, ["N", 4]), input(b, [4])]),
    (b) => b.ops("LayerNormalization", [input(b, ["N", 2, 4]), input(b, [4]), input(b, [4])], {}, 3),
    (b) => b.ops("LayerNormalization", [input(b, ["N", 2, 4]), input(b, [2, 4])], { axis: -2 }, 2),
    (b) => {
      const inputs = [[2, 4], [4], [4]].map((shape) => input(b, shape, "float64"));
      return b.ops("LayerNormalization", inputs, {}, 3);
    },
  ],
  InstanceNormalization: [
    (b) => b.op("InstanceNormalization", [input(b, ["N", 4, 2, 3]), ...vectors(b, 2)], { epsilon: 0.1 }),
  ],
  GroupNormalization: [
    (b) => b.op("GroupNormalization", [input(b, ["N", 4, 3]), ...vectors(b, 2)], { num_groups: 2 }),
  ],
  LpNormalization: [(b) => b.op("LpNormalization", [input(b, ["N", 4])], { axis: 0, p: 1 })],
  MeanVarianceNormalization: [
    (b) => b.op("MeanVarianceNormalization", [input(b, ["N", 4, 2, 3])]),
    (b) => b.op("MeanVarianceNormalization", [input(b, ["N", 4])], { axes: [1] }),
  ],
  LogSoftmax: [
    (b) => b.op("LogSoftmax", [input(b, ["N", 4])]),
    (b) => b.op("LogSoftmax", [input(b, ["N", 4])], { axis: 0 }),
  ],
  CumSum: [(b) => b.op("CumSum", [input(b, ["N", 4]), b.scalar(-1, "int64")], { reverse: 1 })],
  GatherElements: [
    (b) => b.op("GatherElements", [input(b, [2, "N"]), input(b, [5, "N"], "int64")]),
    (b) => b.op("GatherElements", [input(b, ["N", 3]), input(b, ["N", 2], "int64")], { axis: -1 }),
  ],
  GatherND: [
    (b) => b.op("GatherND", [input(b, [2, 2, "N"]), input(b, ["M", 2], "int64")]),
    (b) => b.op("GatherND", [input(b, [4, 2, "N"]), input(b, [4, 1], "int64")], { batch_dims: 1 }),
  ],
  ScatterElements: [
    (b) =>
      b.op("ScatterElements", [input(b, ["N", 3]), input(b, ["N", 2], "int64"), input(b, ["N", 2])], {
        axis: 1,
        reduction: "add",
      }),
  ],
  ScatterND: [
    (b) =>
      b.op("ScatterND", [input(b, [2, "N"]), input(b, ["M", 1], "int64"), input(b, ["M", "N"])], {
        reduction: "add",
      }),
  ],
  Pad: [
    (b) => b.op("Pad", [input(b, ["N", 4]), b.ints([0, 1, 0, 2])]),
    (b) => b.op("Pad", [input(b, ["N", 4]), b.ints([-1, 2]), b.scalar(3), b.ints([1])]),
    ...["reflect", "edge", "wrap"].map((mode): Case => (b) =>
      b.op("Pad", [input(b, ["N", 4]), b.ints([0, 3, 0, 2])], { mode })
    ),
  ],
  Tile: [(b) => b.op("Tile", [input(b, ["N", 4]), b.ints([2, 3])])],
  Trilu: [
    (b) => b.op("Trilu", [input(b, ["N", 4, 3])]),
    (b) => b.op("Trilu", [input(b, [3, "N"]), b.scalar(-1, "int64")], { upper: 0 }),
  ],
} satisfies Record<string, readonly Case[]>;
