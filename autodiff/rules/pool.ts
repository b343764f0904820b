/**
 * Rules of pools. Windows are put back by ConvTranspose over planes: each channel of each example is an example of one
 * channel, so that one small constant kernel serves all of them.
 */
import type { Value } from "../../onnx/builder.ts";
import { poolingWindows, type WindowAxis } from "../../onnx/operators/window.ts";
import { tensorOf } from "../../onnx/tensor.ts";
import type { InputRule, Rules, RuleSite } from "../rule.ts";
import { indicesOf, padded, scatterWindows, windowElements } from "./windows.ts";
import { numElements } from "../../common/shape.ts";

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
function averaged(axis: WindowAxis, counts_pads: boolean): readonly number[] {
  const [from, to] = counts_pads ? [-axis.begin, axis.extent + axis.end] : [0, axis.extent];
  return Array.from({ length: axis.count }, (_, i) => {
    const start = i * axis.stride - axis.begin;
    return Math.min(start + axis.kernel, to) - Math.max(start, from);
  });
}

/** One by the number of elements of each window: a scalar where all are whole. */
function shares(n: RuleSite, axes: Axes): Value {
  const counts_pads = n.int("count_include_pad", 0) !== 0;
  const counts = axes.map((axis) => averaged(axis, counts_pads));
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

/** True if the element of each window at `offset`, in row-major order, is none of the padding. */
function areInside(axes: Axes, offset: readonly number[]): readonly boolean[] {
  return indicesOf(axes.map(({ count }) => count)).map((window) =>
    axes.every(({ extent, stride, dilation, begin }, i) => {
      const at = window[i]! * stride - begin + offset[i]! * dilation;
      return at >= 0 && at < extent;
    })
  );
}

/**
 * dy where it belongs: for each element of the windows, in row-major order, the gradients of the windows of which it is
 * the maximum, else 0. Of equal ones the first takes the gradient, as in PyTorch: what an element took is subtracted
 * from what the next ones may take. One at a time, since tensors of all elements together leave the cache.
 */
function winnings(n: RuleSite, axes: Axes): readonly Value[] {
  const x = padded(n, n.x(0), axes, 2);
  let left = n.dy;
  return indicesOf(axes.map(({ kernel }) => kernel)).map((offset) => {
    const is_maximum = n.op("Equal", [windowElements(n, x, axes, 2, offset), n.y]);
    const won = n.where(inside(n, is_maximum, axes, offset), left, n.number(0));
    left = n.sub(left, won);
    return won;
  });
}

/** The condition, and that the element is none of the padding, where some are. */
function inside(n: RuleSite, condition: Value, axes: Axes, offset: readonly number[]): Value {
  const are_in = areInside(axes, offset);
  if (are_in.every((is_in) => is_in)) return condition;
  const shape = axes.map(({ count }) => count);
  return n.op("And", [condition, n.constant(tensorOf("bool", shape, are_in.map(Number)))]);
}

/**
 * Parts for the elements of the kernel along one axis, [.., count, ..] each, put back where the windows lie, and added:
 * [.., extent, ..]. What lies at positions i stride + phase is added up for each phase, then the phases are interleaved.
 */
function addAlong(n: RuleSite, parts: readonly Value[], axis: number, along: WindowAxis): Value {
  const { kernel, stride, dilation, count, extent, begin } = along, shape = n.shape(parts[0]!);
  const shifts = parts.map((_, k) => Math.floor(k * dilation / stride));
  const rows = Math.max(Math.ceil((begin + extent) / stride), shifts[kernel - 1]! + count);
  const zeros = (length: number) => length === 0 ? [] : [n.zeros(shape.with(axis, length))];
  const phases = Array.from({ length: stride }, (_, phase) => {
    const shifted = parts.flatMap((part, k) => {
      if (k * dilation % stride !== phase) return [];
      const all = [...zeros(shifts[k]!), part, ...zeros(rows - shifts[k]! - count)];
      return [all.length === 1 ? part : n.op("Concat", all, { axis })];
    });
    return shifted.length === 0 ? zeros(rows)[0]! : shifted.reduce((sum, part) => n.add(sum, part));
  });
  const beside = phases.map((phase) => n.reshape(phase, n.shape(phase).toSpliced(axis + 1, 0, 1)));
  const whole = stride === 1
    ? phases[0]!
    : n.reshape(n.op("Concat", beside, { axis: axis + 1 }), shape.with(axis, rows * stride));
  return begin === 0 && rows * stride === extent ? whole : n.slice(whole, axis, begin, begin + extent);
}

/** Parts for the elements of the kernel in row-major order, put back along one axis after another, the last one first. */
function addWindows(n: RuleSite, parts: readonly Value[], axes: Axes): Value {
  return axes.reduceRight((inner, along, i) => {
    const { kernel } = along;
    return Array.from(
      { length: inner.length / kernel },
      (_, j) => addAlong(n, inner.slice(j * kernel, (j + 1) * kernel), i + 2, along),
    );
  }, parts)[0]!;
}

/** dx = dy shared out evenly among the elements of a plane that are its maximum, 0 elsewhere */
const planeMaximum: InputRule = (n) => {
  const axes = [...n.shape(n.x(0)).keys()].slice(2);
  const is_maximum = n.op("Equal", [n.x(0), n.y]);
  const count = n.sum(n.where(is_maximum, n.number(1), n.number(0)), axes, true);
  return n.where(is_maximum, n.div(n.dy, count), n.number(0));
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
    const axes = windowsOf(n);
    return addWindows(n, winnings(n, axes), axes);
  }],
  /** dx = dy / the size of the plane */
  GlobalAveragePool: [(n) => {
    const shape = n.shape(n.x(0));
    return n.expand(n.mul(n.dy, n.number(1 / numElements(shape.slice(2)))), shape);
  }],
  GlobalMaxPool: [planeMaximum],
} satisfies Rules;
