/**
 * Changes of operators between the versions of ai.onnx in files and ours, 18: one table, total over
 * the operators that we know. Source: the operator changelog of ONNX, versions 11 to 28.
 */
import { positiveAxis } from "./moving_items.ts";
import { type Attribute, attributeOf, type ElementType, type Node } from "../../onnx/graph.ts";
import { type OpName, OPSET } from "../../onnx/shapes.ts";

/** Versions of ai.onnx that can be brought to ours. */
export const FILE_OPSETS = { min: 11, max: 28 } as const;

/** Limits and additions of a change. */
export interface ChangeSite {
  /** Rank of an input's value. */
  rank(input: string): number;
  /** Name of a new constant of rank 1. */
  ints(values: readonly number[]): string;
  /** Name of a new constant of rank 0. */
  scalar(element: ElementType, value: number): string;
  /** A name that no value has yet. */
  fresh(): string;
  /** Extents of a value from an axis on, which must be numbers. */
  extentsFrom(input: string, axis: number): readonly number[];
  fail(reason: string): never;
}

/** One or several nodes in place of one, in the form of the next version towards ours. */
type Change = (node: Node, site: ChangeSite) => readonly Node[];

/** More element types, or an attribute or input that was not there before and says nothing when absent. */
const SAME: Change = (node) => [node];

function without(node: Node, ...names: readonly string[]): Node {
  const attributes = Object.entries(node.attributes).filter(([name]) => !names.includes(name));
  return { ...node, attributes: Object.fromEntries(attributes) };
}

function withAttribute(node: Node, name: string, attribute: Attribute): Node {
  return { ...node, attributes: { ...node.attributes, [name]: attribute } };
}

/** An attribute of integers became input 1; absent, it stays absent. */
function toInput(name: string): Change {
  return (node, site) => {
    const values = attributeOf(node.attributes, name, "ints");
    const inputs = values === undefined ? node.inputs : [node.inputs[0]!, site.ints(values)];
    return [{ ...without(node, name), inputs }];
  };
}

/** An attribute that is later than ours goes where it says what is understood without it. */
function dropping(name: string, saysNothing: (attribute: Attribute) => boolean): Change {
  return (node) => {
    const attribute = node.attributes[name];
    return [attribute !== undefined && saysNothing(attribute) ? without(node, name) : node];
  };
}

/** Up to 12 x is taken as a matrix, the axes from `axis` (default 1) on as its rows' elements. */
const softmaxOfRows: Change = (node, site) => {
  const x = node.inputs[0]!, rank = site.rank(x);
  const asked = attributeOf(node.attributes, "axis", "int") ?? 1, axis = positiveAxis(asked, rank);
  const last = (input: string, output: string): Node => ({
    ...withAttribute(node, "axis", { kind: "int", value: -1 }),
    inputs: [input],
    outputs: [output],
  });
  if (axis === rank - 1) return [last(x, node.outputs[0]!)];
  if (axis < 1 || axis >= rank) {
    site.fail(`its axis must be 1 to ${rank - 1} before opset 13: found ${asked}`);
  }
  const rows = site.fresh(), soft = site.fresh();
  const kept = Array<number>(axis).fill(0);
  const reshape = (input: string, shape: readonly number[], output: string): Node => ({
    ...node,
    name: "",
    op: "Reshape",
    inputs: [input, site.ints(shape)],
    outputs: [output],
    attributes: {},
  });
  return [
    reshape(x, [...kept, -1], rows),
    last(rows, soft),
    reshape(soft, [...kept, ...site.extentsFrom(x, axis)], node.outputs[0]!),
  ];
};

/** Before 14 the training form was the one with more outputs than y. */
const trainingByOutputs: Change = (node) => {
  const is_training = node.outputs.slice(1).some((name) => name !== "");
  const training_mode: Attribute = { kind: "int", value: is_training ? 1 : 0 };
  return [{ ...withAttribute(node, "training_mode", training_mode), outputs: node.outputs.slice(0, 3) }];
};

/** Before 12 a Dropout that is in the file drops: what did not was left out. Its ratio became an input. */
const droppingByRatio: Change = (node, site) => {
  const share = site.scalar("float32", attributeOf(node.attributes, "ratio", "float") ?? 0.5);
  return [{ ...without(node, "ratio"), inputs: [node.inputs[0]!, share, site.scalar("bool", 1)] }];
};

/** Equal parts are asked for by their number. */
const countedParts: Change = (node) => {
  if (node.inputs[1]) return [node];
  return [withAttribute(node, "num_outputs", { kind: "int", value: node.outputs.length })];
};

const axes_to_input = toInput("axes");
const allOnes = (attribute: Attribute) =>
  attribute.kind === "ints" && attribute.value.every((value) => value === 1);
const always = () => true;

/** Versions in which nothing changed for us. */
function same(...versions: readonly number[]): Readonly<Record<number, Change>> {
  return Object.fromEntries(versions.map((version) => [version, SAME]));
}

/** Layout operators took more element types in each of these. */
const LATER_TYPES = same(21, 23, 24, 25);
const REDUCE = { 13: SAME, 18: axes_to_input };

/**
 * The versions after 11 in which an operator changed, and what is to be done when a file is on the other side of one:
 * up to 18 a change turns the form before that version into the one of it, above 18 the other way round.
 */
export const CHANGES: Readonly<Record<OpName, Readonly<Record<number, Change>>>> = {
  Abs: same(13),
  Add: same(13, 14),
  And: {},
  ArgMax: same(12, 13),
  ArgMin: same(12, 13),
  Atan: same(22),
  AveragePool: { 19: dropping("dilations", allOnes), 22: SAME },
  BatchNormalization: { 14: trainingByOutputs, 15: SAME },
  Cast: {
    13: SAME,
    // Both say how to round to types of 8 bits, which none of ours is.
    19: dropping("saturate", always),
    24: dropping("round_mode", always),
    ...same(21, 23, 25, 28),
  },
  Ceil: same(13),
  Celu: same(12, 28),
  Clip: same(12, 13),
  Concat: same(13),
  Constant: same(12, 13, 19, 21, 23, 24, 25),
  ConstantOfShape: { 20: SAME, ...LATER_TYPES },
  Conv: same(22),
  ConvTranspose: same(22),
  Cos: same(22),
  CumSum: same(14),
  DepthToSpace: same(13, 28),
  Div: same(13, 14),
  Dropout: { 12: droppingByRatio, 13: SAME, 22: SAME },
  Einsum: same(12, 28),
  Elu: same(22),
  Equal: same(13, 19),
  Erf: same(13),
  Exp: same(13),
  Expand: same(13),
  Floor: same(13),
  Flatten: { 13: SAME, ...LATER_TYPES },
  Gather: same(13),
  GatherElements: same(13),
  GatherND: same(12, 13),
  Gelu: same(20),
  Gemm: same(13),
  GlobalAveragePool: same(22),
  GlobalMaxPool: same(22),
  Greater: same(13),
  GreaterOrEqual: same(12, 16),
  // Scale and bias became those of channels: both forms are known by their length.
  GroupNormalization: same(18, 21),
  HardSigmoid: same(22),
  HardSwish: same(14, 22),
  Identity: { ...same(13, 14, 16, 19), ...LATER_TYPES },
  InstanceNormalization: same(22),
  LayerNormalization: same(17),
  LeakyRelu: same(16),
  Less: same(13),
  LessOrEqual: same(12, 16),
  Log: same(13),
  LogSoftmax: { 13: softmaxOfRows },
  LpNormalization: same(22),
  MatMul: same(13),
  Max: same(12, 13),
  MaxPool: same(12, 22),
  Mean: same(13),
  MeanVarianceNormalization: same(13),
  Min: same(12, 13),
  Mish: same(18, 22),
  Mul: same(13, 14),
  Neg: same(13),
  Not: {},
  Or: {},
  PRelu: same(16),
  Pad: { ...same(13, 18, 19), ...LATER_TYPES },
  Pow: same(12, 13, 15),
  Reciprocal: same(13),
  ReduceL1: REDUCE,
  ReduceL2: REDUCE,
  ReduceLogSum: { ...REDUCE, 28: SAME },
  ReduceLogSumExp: { ...REDUCE, 28: SAME },
  ReduceMax: { ...REDUCE, 12: SAME, 20: SAME },
  ReduceMean: REDUCE,
  ReduceMin: { ...REDUCE, 12: SAME, 20: SAME },
  ReduceProd: REDUCE,
  ReduceSum: { 13: axes_to_input },
  ReduceSumSquare: REDUCE,
  Relu: same(13, 14),
  Reshape: { ...same(13, 14, 19), ...LATER_TYPES },
  // An input that says nothing may be left out since 13, and an empty one still may say nothing.
  Resize: same(13, 18, 19),
  Round: same(22),
  ScatterElements: same(13, 16, 18),
  ScatterND: same(13, 16, 18),
  Selu: same(22),
  Shape: { ...same(13, 15, 19), ...LATER_TYPES },
  Sigmoid: same(13),
  Sign: same(13),
  Sin: same(22),
  Slice: same(13),
  Softmax: { 13: softmaxOfRows },
  Softplus: same(22),
  Softsign: same(22),
  SpaceToDepth: {
    13: SAME,
    28: dropping("mode", (mode) => mode.kind === "string" && mode.value === "DCR"),
  },
  Split: { 13: toInput("split"), 18: countedParts },
  Sqrt: same(13),
  Squeeze: { 13: axes_to_input, ...LATER_TYPES },
  Sub: same(13, 14),
  Sum: same(13),
  Tanh: same(13),
  ThresholdedRelu: same(22),
  Tile: same(13),
  Transpose: { 13: SAME, ...LATER_TYPES },
  Trilu: same(14),
  Unsqueeze: { 13: axes_to_input, ...LATER_TYPES },
  Where: same(16),
};

/** The node of a file of this version as nodes of ours. What it reads, writes and means stays. */
export function convertOpset(
  node: Node & { readonly op: OpName },
  opset: number,
  site: ChangeSite,
): readonly Node[] {
  const versions = Object.keys(CHANGES[node.op]).map(Number);
  const crossed = opset < OPSET
    ? versions.filter((version) => version > opset && version <= OPSET).sort((a, b) => a - b)
    : versions.filter((version) => version > OPSET && version <= opset).sort((a, b) => b - a);
  return crossed.reduce<readonly Node[]>(
    (nodes, version) =>
      nodes.flatMap((each) => each.op === node.op ? CHANGES[node.op][version]!(each, site) : [each]),
    [node],
  );
}
