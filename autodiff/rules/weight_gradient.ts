/**
 * The weight gradient of Conv and of ConvTranspose, for strides s, dilations d and pads p:
 * dw[m, c, k] = sum over n, i of small[n, m, i] large[n, c, i s - p + k d], where large is the side that windows cover.
 * Two forms, each made of operators that have rules.
 */
import type { Value } from "../../onnx/builder.ts";
import { inverted, type WindowAxis } from "../../onnx/operators/window.ts";
import { numElements } from "../../common/shape.ts";
import type { RuleSite } from "../rule.ts";
import { gatherWindows, indicesOf, padded, windowElements } from "./windows.ts";

type Axes = readonly WindowAxis[];

/** dw [M, C / group, kernel ...] from large [N, C, extents ...] and small [N, M, counts ...]. */
export function weightGradient(n: RuleSite, large: Value, small: Value, axes: Axes, group: number): Value {
  return group === 1 && isFasterByProducts(n.shape(large)[1]!, axes)
    ? shiftedProducts(n, large, small, axes)
    : invertedConvolution(n, large, small, axes, group);
}

/**
 * Measured on one thread of a CPU (kernel 3, stride 1, 16 examples of 16 to 512 channels and 32 x 32 to 4 x 4 pixels):
 * products take 0.38 to 0.65 of the time of the convolution, which is the faster one with few channels, and with as
 * many kernel elements as windows.
 */
function isFasterByProducts(channels: number, axes: Axes): boolean {
  const num_offsets = numElements(axes.map(({ kernel }) => kernel));
  const num_windows = numElements(axes.map(({ count }) => count));
  return axes.every(({ stride }) => stride === 1) && channels >= 16 && num_offsets <= 25 &&
    num_offsets < num_windows;
}

/**
 * A convolution with examples and channels swapped, windows and kernel swapped, strides and dilations swapped:
 * dw = T(conv(T(large), T(small); s' = d, d' = s, p)), cut to the kernel's extents.
 */
function invertedConvolution(n: RuleSite, large: Value, small: Value, axes: Axes, group: number): Value {
  const windows = axes.map(inverted);
  return swapped(n, gatherWindows(n, swappedInGroups(n, large, group), swapped(n, small), windows, group));
}

/** x [N, C, ...] as [C, N, ...]. */
function swapped(n: RuleSite, x: Value): Value {
  return n.op("Transpose", [x], { perm: [1, 0, ...[...x.type.shape.keys()].slice(2)] });
}

/** x [N, g C, ...] as [C, g N, ...]: examples become the channels of each group, channels the examples. */
function swappedInGroups(n: RuleSite, x: Value, group: number): Value {
  if (group === 1) return swapped(n, x);
  const [batch, channels, ...extents] = n.shape(x) as [number, number, ...number[]];
  const each = channels / group;
  const split = n.reshape(x, [batch, group, each, ...extents]);
  const perm = [2, 1, 0, ...extents.map((_, i) => i + 3)];
  return n.reshape(n.op("Transpose", [split], { perm }), [each, group * batch, ...extents]);
}

/** For s = 1 a product for each kernel element: dw[:, :, k] = small^T large, shifted by k d, over examples and windows. */
function shiftedProducts(n: RuleSite, large: Value, small: Value, axes: Axes): Value {
  const [batch, channels] = n.shape(large) as [number, number], num_rows = n.shape(small)[1]!;
  const counts = axes.map(({ count }) => count), kernel = axes.map((axis) => axis.kernel);
  const num_positions = batch * numElements(counts);
  const rows = n.reshape(n.channelsLast(small), [num_positions, num_rows]);
  const pixels = padded(n, n.channelsLast(large), axes, 1);
  const products = indicesOf(kernel).map((offset) => {
    const shifted = windowElements(n, pixels, axes, 1, offset);
    return n.op("Gemm", [rows, n.reshape(shifted, [num_positions, channels])], { transA: 1 });
  });
  const all = products.length === 1 ? products[0]! : n.op("Concat", products, { axis: 1 });
  const perm = [0, axes.length + 1, ...axes.map((_, i) => i + 1)];
  return n.op("Transpose", [n.reshape(all, [num_rows, ...kernel, channels])], { perm });
}
