/** Reductions by way of sums and products. */
import type { Value } from "../../onnx/builder.ts";
import type { Expansions, ExpansionSite } from "../expansion.ts";

/** A sum of f(x) with the node's own axes and attributes. */
function sumOf(n: ExpansionSite, fx: Value): Value {
  return n.op("ReduceSum", [fx, ...(n.has(1) ? [n.x(1)] : [])], {
    keepdims: n.int("keepdims", 1),
    noop_with_empty_axes: n.int("noop_with_empty_axes", 0),
  });
}

/** Product along an axis, which keeps extent 1: halves are multiplied until one element is left. */
function multiplied(n: ExpansionSite, x: Value, axis: number): Value {
  if (n.extent(x, axis) === 0) return n.expand(n.number(1), n.shape(x).with(axis, 1));
  for (let extent = n.extent(x, axis); extent > 1; extent = Math.ceil(extent / 2)) {
    const half = Math.floor(extent / 2);
    const product = n.mul(n.slice(x, axis, 0, half), n.slice(x, axis, half, 2 * half));
    x = extent % 2 === 0
      ? product
      : n.op("Concat", [product, n.slice(x, axis, extent - 1, extent)], { axis });
  }
  return x;
}

export const REDUCTION_EXPANSIONS = {
  /** Products of halves: no quotient, so the gradient is right where an element is 0 */
  ReduceProd: (n) => {
    const x = n.x(0), rank = x.type.shape.length;
    const given = n.has(1) ? n.constants(1) : [];
    const isWhole = given.length === 0 && n.int("noop_with_empty_axes", 0) === 0;
    const axes = isWhole ? [...Array(rank).keys()] : given.map((axis) => axis < 0 ? axis + rank : axis);
    const product = axes.reduce((x, axis) => multiplied(n, x, axis), x);
    if (n.int("keepdims", 1) !== 0 || axes.length === 0) return product;
    return n.op("Squeeze", [product, n.intVector(axes)]);
  },
  /** sum |x| */
  ReduceL1: (n) => sumOf(n, n.op("Abs", [n.x(0)])),
  /** log sum x */
  ReduceLogSum: (n) => n.op("Log", [sumOf(n, n.x(0))]),
  /** sum x^2 */
  ReduceSumSquare: (n) => sumOf(n, n.mul(n.x(0), n.x(0))),
} satisfies Expansions;
