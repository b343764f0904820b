/**
 * Rules of convolutions. Each is again made of convolutions, so the table stays closed under differentiation.
 *
 * conv and convT are Conv and ConvTranspose with the strides s, dilations d and pads p of the node, made explicit;
 * g is the number of groups, k the kernel's index.
 */
import type { Value } from "../../onnx/builder.ts";
import { convolutionWindows, transposedWindows, type WindowAxis } from "../../onnx/operators/window.ts";
import type { InputRule, Rules, RuleSite } from "../rule.ts";
import { gatherWindows, scatterWindows } from "./windows.ts";

/** Windows by the node's attributes, the spatial extents of its input and its kernel. */
function windowsOf(n: RuleSite, read: typeof convolutionWindows): readonly WindowAxis[] {
  return read(n, n.shape(n.x(0)).slice(2), n.shape(n.x(1)).slice(2));
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

/**
 * dw of both operators: dw[m, c, k] = sum over n, i of small[n, m, i] large[n, c, i s - p + k d], which is a
 * convolution with examples and channels swapped, windows and kernel swapped, strides and dilations swapped:
 * dw = T(conv(T(large), T(small); s' = d, d' = s, p)), cut to the kernel's extents.
 */
function weightGradient(n: RuleSite, large: Value, small: Value, axes: readonly WindowAxis[]): Value {
  const group = n.int("group", 1);
  const inverted = axes.map((axis) => ({
    ...axis,
    count: axis.kernel,
    kernel: axis.count,
    stride: axis.dilation,
    dilation: axis.stride,
  }));
  return swapped(n, gatherWindows(n, swappedInGroups(n, large, group), swapped(n, small), inverted, group));
}

/** db = sum of dy over all but the channels */
const bias: InputRule = (n) => n.sum(n.dy, [...n.shape(n.dy).keys()].filter((axis) => axis !== 1), false);

export const CONVOLUTION_RULES = {
  /** y = conv(x, w) + b: dx = convT(dy, w), dw = T(conv(T(x), T(dy); s' = d, d' = s)) */
  Conv: [
    (n) => scatterWindows(n, n.dy, n.x(1), windowsOf(n, convolutionWindows), n.int("group", 1)),
    (n) => weightGradient(n, n.x(0), n.dy, windowsOf(n, convolutionWindows)),
    bias,
  ],
  /** y = convT(x, w) + b: dx = conv(dy, w), dw = T(conv(T(dy), T(x); s' = d, d' = s)) */
  ConvTranspose: [
    (n) => gatherWindows(n, n.dy, n.x(1), windowsOf(n, transposedWindows), n.int("group", 1)),
    (n) => weightGradient(n, n.dy, n.x(0), windowsOf(n, transposedWindows)),
    bias,
  ],
} satisfies Rules;
