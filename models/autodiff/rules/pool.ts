/**
 * Rules of pools. Windows are put back by ConvTranspose over planes: each channel of each example is an example of one
 * channel, so that one small constant kernel serves all of them.
 */
import type { Value } from "../../onnx/builder.ts";
import { poolingWindows, type WindowAxis } from "../../onnx/operators/window.ts";
import { numElements, tensorOf } from "../../onnx/tensor.ts";
import type { InputRule, Rules, RuleSite } from "../rule.ts";
import { indicesOf, padded, scatterWindows, windowElements } from "./windows.ts";

type Axes = readonly WindowAxis[];

function windowsOf(n: RuleSite): Axes {
  return poolingWindows(n, n.shape(n.x(0)).slice(2));
}

/** A constant of the element type of the gradients. */
function constant(n: RuleSite, shape: readonly number[], values: readonly number[]): Value {
  return n.constant(tensorOf(n.y.type.element, shape, values));
}

/** Values [N, C, K, counts ...] put back where the windows lie, by a kernel [K, 1, kernel ...]: [N, C, extents ...]. */
function putBack(n: RuleSite, values: Value, kernel: Value, axes: Axes): Value {
  const shape = n.shape(n.x(0));
  const planes = [shape[0]! * shape[1]!, n.shape(kernel)[0]!, ...axes.map(({ count }) => count)];
  return n.reshape(scatterWindows(n, n.reshape(values, planes), kernel, axes), shape);
}

/** Number of elements that the average of each window along an axis is taken of. */
function averaged(axis: WindowAxis, countsPads: boolean): readonly number[] {
  const [from, to] = countsPads ? [-axis.begin, axis.extent + axis.end] : [0, axis.extent];
  return Array.from({ length: axis.count }, (_, i) => {
    const start = i * axis.stride - axis.begin;
    return Math.min(start + axis.kernel, to) - Math.max(start, from);
  });
}

/** One by the number of elements of each window: a scalar where all are whole. */
function shares(n: RuleSite, axes: Axes): Value {
  const countsPads = n.int("count_include_pad", 0) !== 0;
  const counts = axes.map((axis) => averaged(axis, countsPads));
  const whole = numElements(axes.map(({ kernel }) => kernel));
  if (counts.every((along, i) => along.every((count) => count === axes[i]!.kernel))) {
    return n.number(1 / whole);
  }
  const extents = axes.map(({ count }) => count);
  return constant(
    n,
    extents,
    indicesOf(extents).map((window) => 1 / numElements(window.map((at, i) => counts[i]![at]!))),
  );
}

/** Whether the element of each window at `offset`, in row-major order, is none of the padding. */
function areInside(axes: Axes, offset: readonly number[]): readonly boolean[] {
  return indicesOf(axes.map(({ count }) => count)).map((window) =>
    axes.every(({ extent, stride, dilation, begin }, i) => {
      const at = window[i]! * stride - begin + offset[i]! * dilation;
      return at >= 0 && at < extent;
    })
  );
}

/**
 * Which element of each window is its maximum, [N, C, K, counts ...]: of equal ones the first, as in PyTorch. Elements
 * rank from K down to 1 in their order, those in the padding 0, and the highest rank among the maxima wins.
 */
function winners(n: RuleSite, axes: Axes): Value {
  const offsets = indicesOf(axes.map(({ kernel }) => kernel));
  const x = padded(n, n.x(0), axes, 2);
  const elements = offsets.map((offset) => beside(n, windowElements(n, x, axes, 2, offset)));
  const ranks = constant(
    n,
    [offsets.length, ...axes.map(({ count }) => count)],
    offsets.flatMap((offset, k) =>
      areInside(axes, offset).map((isInside) => isInside ? offsets.length - k : 0)
    ),
  );
  const all = elements.length === 1 ? elements[0]! : n.op("Concat", elements, { axis: 2 });
  const rank = n.where(n.op("Equal", [all, beside(n, n.y)]), ranks, n.number(0));
  return n.op("Equal", [rank, n.op("ReduceMax", [rank, n.intVector([2])])]);
}

/** y [N, C, counts ...] as [N, C, 1, counts ...]. */
function beside(n: RuleSite, y: Value): Value {
  return n.reshape(y, n.shape(y).toSpliced(2, 0, 1));
}

/** dx = dy shared out evenly among the elements of a plane that are its maximum, 0 elsewhere */
const planeMaximum: InputRule = (n) => {
  const axes = [...n.shape(n.x(0)).keys()].slice(2);
  const isMaximum = n.op("Equal", [n.x(0), n.y]);
  const count = n.sum(n.where(isMaximum, n.number(1), n.number(0)), axes, true);
  return n.where(isMaximum, n.div(n.dy, count), n.number(0));
};

export const POOL_RULES = {
  /** dx = sum over the windows that an element lies in of dy / the size of the window */
  AveragePool: [(n) => {
    const axes = windowsOf(n), kernel = axes.map((axis) => axis.kernel);
    const ones = constant(n, [1, 1, ...kernel], Array<number>(numElements(kernel)).fill(1));
    return putBack(n, n.mul(n.dy, shares(n, axes)), ones, axes);
  }],
  /** dx = sum over the windows of which an element is the maximum of dy; no use of the output Indices */
  MaxPool: [(n) => {
    const axes = windowsOf(n), kernel = axes.map((axis) => axis.kernel), size = numElements(kernel);
    const each = Array.from({ length: size * size }, (_, i) => i % (size + 1) === 0 ? 1 : 0);
    const won = n.where(winners(n, axes), beside(n, n.dy), n.number(0));
    return putBack(n, won, constant(n, [size, 1, ...kernel], each), axes);
  }],
  /** dx = dy / the size of the plane */
  GlobalAveragePool: [(n) => {
    const shape = n.shape(n.x(0));
    return n.expand(n.mul(n.dy, n.number(1 / numElements(shape.slice(2)))), shape);
  }],
  GlobalMaxPool: [planeMaximum],
} satisfies Rules;
