/** Rules of operators over whole axes. */
import type { Value } from "../../onnx/builder.ts";
import { numElements } from "../../common/shape.ts";
import type { InputRule, Rules, RuleSite } from "../rule.ts";

/** The axes that a reduction takes away, non-negative. */
function reducedAxes(n: RuleSite): readonly number[] {
  const rank = n.x(0).type.shape.length;
  const given = n.has(1) ? n.constants(1) : [];
  if (given.length > 0) return given.map((axis) => axis < 0 ? axis + rank : axis);
  return n.int("noop_with_empty_axes", 0) !== 0 ? [] : [...Array(rank).keys()];
}

/** The extents of x with 1 for each reduced axis. */
function keptShape(n: RuleSite): readonly number[] {
  const axes = reducedAxes(n);
  return n.shape(n.x(0)).map((extent, axis) => axes.includes(axis) ? 1 : extent);
}

/** A reduced value over the whole of x. Leading axes come back by broadcasting alone. */
function spread(n: RuleSite, value: Value): Value {
  const shape = n.shape(n.x(0));
  const axes = reducedAxes(n);
  const are_leading = axes.every((axis) => axis < axes.length);
  return n.expand(are_leading ? value : n.reshape(value, keptShape(n)), shape);
}

/** dx = dy shared out evenly among the elements that are the extremum, 0 elsewhere (as torch.amax) */
const extremum: InputRule = (n) => {
  const x = n.x(0), kept = keptShape(n);
  const winners = n.op("Equal", [x, n.reshape(n.y, kept)]);
  const count = n.sum(n.where(winners, n.number(1), n.number(0)), reducedAxes(n), true);
  return n.where(winners, n.div(n.reshape(n.dy, kept), count), n.number(0));
};

export const REDUCE_RULES = {
  /** dx = dy for every element summed */
  ReduceSum: [(n) => spread(n, n.dy), null],
  /** dx = dy / count for every element averaged */
  ReduceMean: [(n) => {
    const count = numElements(n.shape(n.x(0))) / numElements(n.shape(n.y));
    return spread(n, n.mul(n.dy, n.number(1 / count)));
  }, null],
  ReduceMax: [extremum, null],
  ReduceMin: [extremum, null],
  /** dx = dy x / y, 0 where y is 0 (as torch.linalg.vector_norm) */
  ReduceL2: [(n) => {
    const kept = keptShape(n), y = n.reshape(n.y, kept);
    const is_zero = n.op("Equal", [y, n.number(0)]);
    const quotient = n.div(n.reshape(n.dy, kept), n.where(is_zero, n.number(1), y));
    return n.mul(quotient, n.x(0));
  }, null],
  /** dx = dy exp(x - y) */
  ReduceLogSumExp: [(n) => {
    const kept = keptShape(n);
    const share = n.op("Exp", [n.sub(n.x(0), n.reshape(n.y, kept))]);
    return n.mul(n.reshape(n.dy, kept), share);
  }, null],
  /** dx = dy - exp(y) sum(dy) */
  LogSoftmax: [(n) => {
    const axis = n.int("axis", -1);
    return n.sub(n.dy, n.mul(n.op("Exp", [n.y]), n.sum(n.dy, [axis], true)));
  }],
  /** dx_i = the sum of the dy_j that x_i is part of: summed up from the other end */
  CumSum: [(n) =>
    n.op("CumSum", [n.dy, n.x(1)], {
      exclusive: n.int("exclusive", 0),
      reverse: n.int("reverse", 0) === 0 ? 1 : 0,
    }), null],
  /** dx = t - y sum(t) with t = dy y */
  Softmax: [(n) => {
    const axis = n.int("axis", -1);
    const t = n.mul(n.dy, n.y);
    return n.sub(t, n.mul(n.y, n.sum(t, [axis], true)));
  }],
} satisfies Rules;
