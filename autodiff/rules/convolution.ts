/**
 * Rules of convolutions. conv and convT are Conv and ConvTranspose with the node's strides s, dilations d, pads and
 * groups, made explicit; T swaps examples and channels.
 */
import { convolutionWindows, transposedWindows, type WindowAxis } from "../../onnx/operators/window.ts";
import type { InputRule, Rules, RuleSite } from "../rule.ts";
import { weightGradient } from "./weight_gradient.ts";
import { gatherWindows, scatterWindows } from "./windows.ts";

/** Windows by the node's attributes, the spatial extents of its input and its kernel. */
function windowsOf(n: RuleSite, read: typeof convolutionWindows): readonly WindowAxis[] {
  return read(n, n.shape(n.x(0)).slice(2), n.shape(n.x(1)).slice(2));
}

/** db = sum of dy over all but the channels */
const bias: InputRule = (n) => n.sum(n.dy, [...n.shape(n.dy).keys()].filter((axis) => axis !== 1), false);

export const CONVOLUTION_RULES = {
  /** y = conv(x, w) + b: dx = convT(dy, w), dw = T(conv(T(x), T(dy); s' = d, d' = s)) */
  Conv: [
    (n) => scatterWindows(n, n.dy, n.x(1), windowsOf(n, convolutionWindows), n.int("group", 1)),
    (n) => weightGradient(n, n.x(0), n.dy, windowsOf(n, convolutionWindows), n.int("group", 1)),
    bias,
  ],
  /** y = convT(x, w) + b: dx = conv(dy, w), dw = T(conv(T(dy), T(x); s' = d, d' = s)) */
  ConvTranspose: [
    (n) => gatherWindows(n, n.dy, n.x(1), windowsOf(n, transposedWindows), n.int("group", 1)),
    (n) => weightGradient(n, n.dy, n.x(0), windowsOf(n, transposedWindows), n.int("group", 1)),
    bias,
  ],
} satisfies Rules;
