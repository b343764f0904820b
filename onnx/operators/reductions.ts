/** Operators over whole axes. */
import type { Attribute, ElementType, Shape } from "../graph.ts";
import { formatShape } from "../dims.ts";
import type { Operator, Site } from "../operator.ts";
import { FLOATS, NUMERIC, WIDE } from "../element_sets.ts";

const attributes: Readonly<Record<string, Attribute["kind"]>> = {
  keepdims: "int",
  noop_with_empty_axes: "int",
};

/** Shape left when these axes are summed up. */
function reducedShape(shape: Shape, axes: readonly number[], keepdims: boolean): Shape {
  return keepdims
    ? shape.map((dim, i) => axes.includes(i) ? 1 : dim)
    : shape.filter((_, i) => !axes.includes(i));
}

/** Axes are the optional second input; without them all axes, or none where noop_with_empty_axes is 1. */
function reduction(allowed: readonly ElementType[], empty_is_fine: boolean): Operator {
  return {
    inputs: [1, 2],
    outputs: [1, 1],
    attributes,
    infer: (site) => {
      const { element, shape } = site.typeIn(0, allowed);
      const given = site.has(1) ? site.numbers(1, "axes") : [];
      const none = given.length === 0 && site.int("noop_with_empty_axes", 0) === 1;
      if (none) return [{ element, shape }];
      const axes = given.length === 0 ? [...shape.keys()] : site.axes(given, shape.length);
      if (!empty_is_fine && axes.some((axis) => shape[axis] === 0)) {
        site.fail(`reduced axes must not have size 0: found ${formatShape(shape)}`);
      }
      return [{ element, shape: reducedShape(shape, axes, site.int("keepdims", 1) !== 0) }];
    },
  };
}

function inferSoftmax(site: Site) {
  const type = site.typeIn(0, FLOATS);
  site.axis(site.int("axis", -1), type.shape.length);
  return [type];
}

/** The index of the largest or smallest element along an axis. */
function inferArgument(site: Site) {
  const { shape } = site.typeIn(0, NUMERIC);
  const axis = site.axis(site.int("axis", 0), shape.length);
  if (shape[axis] === 0) site.fail(`axis ${axis} must not have size 0`);
  return [{ element: "int64", shape: reducedShape(shape, [axis], site.int("keepdims", 1) !== 0) } as const];
}

const argument: Operator = {
  inputs: [1, 1],
  outputs: [1, 1],
  attributes: { axis: "int", keepdims: "int", select_last_index: "int" },
  infer: inferArgument,
};

function inferCumSum(site: Site) {
  const type = site.typeIn(0, WIDE);
  const axis = site.numbers(1, "axis");
  if (axis.length !== 1) site.fail(`axis (input 1) must be one number: found ${axis.length} numbers`);
  site.axis(axis[0]!, type.shape.length);
  return [type];
}

export const REDUCTIONS = {
  ArgMax: argument,
  ArgMin: argument,
  ReduceSum: reduction(WIDE, true),
  ReduceMean: reduction(WIDE, false),
  ReduceMax: reduction(NUMERIC.filter((element) => element !== "int16" && element !== "uint16"), false),
  ReduceMin: reduction(NUMERIC.filter((element) => element !== "int16" && element !== "uint16"), false),
  ReduceProd: reduction(WIDE, true),
  ReduceL1: reduction(WIDE, true),
  ReduceL2: reduction(WIDE, true),
  ReduceLogSum: reduction(WIDE, false),
  ReduceLogSumExp: reduction(WIDE, false),
  ReduceSumSquare: reduction(WIDE, true),
  Softmax: { inputs: [1, 1], outputs: [1, 1], attributes: { axis: "int" }, infer: inferSoftmax },
  LogSoftmax: { inputs: [1, 1], outputs: [1, 1], attributes: { axis: "int" }, infer: inferSoftmax },
  /** Input 1 is the axis, a scalar. */
  CumSum: {
    inputs: [2, 2],
    outputs: [1, 1],
    attributes: { exclusive: "int", reverse: "int" },
    infer: inferCumSum,
  },
} satisfies Record<string, Operator>;
