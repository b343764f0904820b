/** What rules of convolutions and pools emit: the two linear maps over windows, each the transpose of the other. */
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
function windowAttributes(axes: Axes, group: number): Record<string, AttributeInput> {
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
  const [channels, each] = n.shape(w) as [number, number];
  if (each === 1 && group > 1 && group < channels) return scatterAndSum(n, y, w, axes, group);
  const whole = axes.map((axis) => ({ ...axis, end: axis.end + Math.max(0, -beyond(axis)) }));
  const output_padding = whole.map(beyond);
  return n.op("ConvTranspose", [y, w], {
    ...windowAttributes(whole, group),
    ...(output_padding.every((added) => added === 0) ? {} : { output_padding }),
  });
}

/**
 * Groups of several channels that share one target: each channel is put back alone, and the sum follows. One
 * ConvTranspose would do, but ONNX Runtime's WebGPU kernel (1.30) gives wrong numbers for it.
 */
function scatterAndSum(n: RuleSite, y: Value, w: Value, axes: Axes, group: number): Value {
  const [channels] = n.shape(w) as [number];
  const each = scatterWindows(n, y, w, axes, channels);
  const [batch, , ...extents] = n.shape(each) as [number, number, ...number[]];
  return n.sum(n.reshape(each, [batch, group, channels / group, ...extents]), [2], false);
}
