/** Nodes of composite operators, and of those by index, that must not be typed: the whole text of each refusal. */
import type { GraphBuilder } from "../../onnx/builder.ts";
import { type Case, input } from "./fixtures.ts";

const vectors = (b: GraphBuilder, count: number, extent: number) =>
  Array.from({ length: count }, () => input(b, [extent]));
const einsum = (equation: string, ...shapes: number[][]): Case => (b) =>
  b.op("Einsum", shapes.map((shape) => input(b, shape)), { equation });
const pad = (pads: number[], mode: string): Case => (b) =>
  b.op("Pad", [input(b, [2, 3]), b.ints(pads)], { mode });

export const COMPOSITE_REFUSALS: readonly (readonly [Case, string])[] = [
  [
    (b) => b.op("PRelu", [input(b, [2, 3]), input(b, [2, 1, 3])]),
    "(PRelu) of graph g on (float32[2,3], float32[2,1,3]): slope must broadcast to [2,3]: found [2,1,3]",
  ],
  [
    (b) => b.op("Gelu", [input(b, [2])], { approximate: "fast" }),
    "(Gelu) of graph g on (float32[2]): attribute approximate must be none or tanh: found fast",
  ],
  [
    (b) => b.op("Dropout", [input(b, [2]), input(b, [1])]),
    "(Dropout) of graph g on (float32[2], float32[1]): input 1 must be a scalar: found shape [1]",
  ],
  [
    (b) => b.op("LayerNormalization", [input(b, [2, 3]), input(b, [2])]),
    "(LayerNormalization) of graph g on (float32[2,3], float32[2]): shapes [3] and [2] cannot be broadcast to a common shape",
  ],
  [
    (b) => b.op("LayerNormalization", [input(b, [2, 3]), input(b, [2, 3])]),
    "(LayerNormalization) of graph g on (float32[2,3], float32[2,3]): input 1 must broadcast to [3]: found [2,3]",
  ],
  [
    (b) => b.op("InstanceNormalization", [input(b, [2, 3]), ...vectors(b, 2, 3)]),
    "(InstanceNormalization) of graph g on (float32[2,3], float32[3], float32[3]): input 0 must have rank 3 or more",
  ],
  [
    (b) => b.op("GroupNormalization", [input(b, [2, 4, 2]), ...vectors(b, 2, 4)], { num_groups: 3 }),
    "(GroupNormalization) of graph g on (float32[2,4,2], float32[4], float32[4]): num_groups must divide the 4 " +
    "channels: found 3",
  ],
  [
    (b) => b.op("GroupNormalization", [input(b, [2, 4, 2]), ...vectors(b, 2, 3)], { num_groups: 2 }),
    "(GroupNormalization) of graph g on (float32[2,4,2], float32[3], float32[3]): input 1 must have shape [4]: " +
    "found [3]",
  ],
  [
    (b) => b.op("LpNormalization", [input(b, [2])], { p: 3 }),
    "(LpNormalization) of graph g on (float32[2]): attribute p must be 1 or 2: found 3",
  ],
  [
    (b) => b.op("MeanVarianceNormalization", [input(b, [2, 0])], { axes: [1] }),
    "(MeanVarianceNormalization) of graph g on (float32[2,0]): normalised axes must not have size 0",
  ],
  [
    (b) => b.op("CumSum", [input(b, [2]), b.ints([0, 0])]),
    "(CumSum) of graph g on (float32[2], int64[2]): axis (input 1) must be one number: found 2 numbers",
  ],
  [
    einsum("ij,jk->ik", [2, 3], [2, 3]),
    '(Einsum) of graph g on (float32[2,3], float32[2,3]): all axes "j" must have the same size: found 3 and 2',
  ],
  [
    einsum("ij->ik", [2, 3]),
    '(Einsum) of graph g on (float32[2,3]): "k" of the result of ij->ik must be in an operand',
  ],
  [
    einsum("ij->ii", [2, 3]),
    "(Einsum) of graph g on (float32[2,3]): labels of the result must be distinct: found ij->ii",
  ],
  [
    einsum("ij,jk", [2, 3]),
    "(Einsum) of graph g on (float32[2,3]): ij,jk must have as many terms as operands: found 1 operands",
  ],
  [einsum("ijk", [2, 3]), '(Einsum) of graph g on (float32[2,3]): "ijk" in ijk must name 2 axes: found 3'],
  [einsum("i", [2, 3]), '(Einsum) of graph g on (float32[2,3]): "i" in i must name 2 axes: found 1'],
  [
    einsum("i..j", [2, 3]),
    '(Einsum) of graph g on (float32[2,3]): terms must be letters with at most one "...": found "i..j" in i..j',
  ],
  [
    einsum("i->i->i", [2]),
    "(Einsum) of graph g on (float32[2]): the equation must have at most one arrow: found i->i->i",
  ],
  [
    pad([0, 1, 0], "constant"),
    "(Pad) of graph g on (float32[2,3], int64[3]): pads must be 4 numbers, two for each axis: found 3",
  ],
  [
    pad([0, 3, 0, 0], "reflect"),
    "(Pad) of graph g on (float32[2,3], int64[4]): in mode reflect, an axis of 3 elements can be padded by at most 2: found 3",
  ],
  [
    pad([0, -2, 0, -2], "constant"),
    "(Pad) of graph g on (float32[2,3], int64[4]): sizes must be 0 or more after padding: found -1",
  ],
  [
    pad([0, 0, 0, 0], "mirror"),
    "(Pad) of graph g on (float32[2,3], int64[4]): attribute mode must be constant, reflect, edge, wrap: found mirror",
  ],
  [
    (b) => b.op("Pad", [input(b, ["N"]), b.ints([1, 0])]),
    "(Pad) of graph g on (float32[N], int64[2]): padded axes must have fixed sizes: found N",
  ],
  [
    (b) => b.op("Pad", [input(b, [2]), b.ints([1, 0]), b.scalar(1, "int64")]),
    "(Pad) of graph g on (float32[2], int64[2], int64[]): constant_value must be one float32: found int64[]",
  ],
  [
    (b) => b.op("Tile", [input(b, [2, 3]), b.ints([2])]),
    "(Tile) of graph g on (float32[2,3], int64[1]): repeats must be 2 numbers of 0 or more: found [2]",
  ],
  [
    (b) => b.op("Trilu", [input(b, [2])]),
    "(Trilu) of graph g on (float32[2]): input 0 must have rank 2 or more",
  ],
  [
    (b) => b.op("Trilu", [input(b, [2, 2]), b.ints([1, 2])]),
    "(Trilu) of graph g on (float32[2,2], int64[2]): k (input 1) must be one integer",
  ],
  [
    (b) => b.op("GatherElements", [input(b, [2, 3]), input(b, [3, 2], "int64")], { axis: 1 }),
    "(GatherElements) of graph g on (float32[2,3], int64[3,2]): indices must have the shape [2,3], except on axis 1: found [3,2]",
  ],
  [
    (b) => b.op("GatherND", [input(b, [2, 3]), input(b, [4, 3], "int64")]),
    "(GatherND) of graph g on (float32[2,3], int64[4,3]): the last axis of indices must have size 1 to 2: found 3",
  ],
  [
    (b) => b.op("GatherND", [input(b, [2, 3]), input(b, [4, 1], "int64")], { batch_dims: 1 }),
    "(GatherND) of graph g on (float32[2,3], int64[4,1]): the first 1 axes of data and indices must be equal",
  ],
  [
    (b) => b.op("ScatterND", [input(b, [2, 3]), input(b, [4, 1], "int64"), input(b, [4, 2])]),
    "(ScatterND) of graph g on (float32[2,3], int64[4,1], float32[4,2]): updates must have shape [4,3]: found [4,2]",
  ],
  [
    (b) =>
      b.op("ScatterElements", [input(b, [2]), input(b, [2], "int64"), input(b, [2])], { reduction: "mean" }),
    "(ScatterElements) of graph g on (float32[2], int64[2], float32[2]): attribute reduction must be none, add, mul, " +
    "max, min: found mean",
  ],
];
