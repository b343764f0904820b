/**
 * Nodes of the rules of convolutions and pools: the two linear maps over windows, each the transpose of the other, and the
 * elements of windows.
 */
import type { AttributeInput, Value } from "../../onnx/builder.ts";
import { beyond, type WindowAxis } from "../../onnx/operators/window.ts";
import type { RuleSite } from "../rule.ts";

type Axes = readonly WindowAxis[];

/** Every index of a shape, in row-major order. */
export function indicesOf(shape: readonly number[]): readonly (readonly number[])[] {
  return shape.reduce<readonly (readonly number[])[]>(
    (indices, extent) => indices.flatMap((index) => Array.from({ length: extent }, (_, i) => [...index, i])),
    [[]],
  );
}

/** Strides, dilations, pads and groups, leaving out what is the default. */
export function windowAttributes(axes: Axes, group: number): Record<string, AttributeInput> {
  const pads = [...axes.map(({ begin }) => begin), ...axes.map(({ end }) => end)];
  const strides = axes.map(({ stride }) => stride), dilations = axes.map(({ dilation }) => dilation);
  return {
    ...(strides.every((stride) => stride === 1) ? {} : { strides }),
    ...(dilations.every((dilation) => dilation === 1) ? {} : { dilations }),
    ...(pads.every((pad) => pad === 0) ? {} : { pads }),
    ...(group === 1 ? {} : { group }),
  };
}

/** x [N, C, extents ...] to [N, M, counts ...]: what each window sees, weighted by w [M, C / group, kernel ...]. */
export function gatherWindows(n: RuleSite, x: Value, w: Value, axes: Axes, group = 1): Value {
  const y = n.op("Conv", [x, w], windowAttributes(axes, group));
  const counts = axes.map(({ count }) => count), found = n.shape(y).slice(2);
  const longer = [...counts.keys()].filter((i) => found[i]! > counts[i]!);
  if (longer.length === 0) return y;
  const ranges = [longer.map(() => 0), longer.map((i) => counts[i]!), longer.map((i) => i + 2)];
  return n.op("Slice", [y, ...ranges.map((range) => n.intVector(range))]);
}

/** y [N, M, counts ...] to [N, C, extents ...]: put back where each window lies, weighted by the same w. */
export function scatterWindows(n: RuleSite, y: Value, w: Value, axes: Axes, group = 1): Value {
  const whole = axes.map(wholeWindows);
  const output_padding = whole.map(beyond);
  return n.op("ConvTranspose", [y, w], {
    ...windowAttributes(whole, group),
    ...(output_padding.every((added) => added === 0) ? {} : { output_padding }),
  });
}

/** The axis with as much padding at the end as the last window reaches into: more than it has where ceil_mode is 1. */
function wholeWindows(axis: WindowAxis): WindowAxis {
  return { ...axis, end: axis.end + Math.max(0, -beyond(axis)) };
}

/** x with zeros for the padding of the spatial axes, of which `first` is the first. */
export function padded(n: RuleSite, x: Value, axes: Axes, first: number): Value {
  return axes.map(wholeWindows).reduce((inner, { begin, end }, i) => {
    const zeros = (length: number) => length === 0 ? [] : [n.zeros(n.shape(inner).with(first + i, length))];
    const parts = [...zeros(begin), inner, ...zeros(end)];
    return parts.length === 1 ? inner : n.op("Concat", parts, { axis: first + i });
  }, x);
}

/** The element of every window that lies at `offset` in the kernel, from an input with its padding. */
export function windowElements(
  n: RuleSite,
  x: Value,
  axes: Axes,
  first: number,
  offset: readonly number[],
): Value {
  if (axes.every(({ count }, i) => count === n.shape(x)[first + i])) return x;
  const starts = axes.map(({ dilation }, i) => offset[i]! * dilation);
  const ends = axes.map(({ count, stride }, i) => starts[i]! + (count - 1) * stride + 1);
  const ranges = [starts, ends, axes.map((_, i) => first + i), axes.map(({ stride }) => stride)];
  return n.op("Slice", [x, ...ranges.map((range) => n.intVector(range))]);
}
