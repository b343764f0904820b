/** What the rules of Conv and ConvTranspose are checked on: every attribute, along one axis and along two. */
import { type RuleCase, x } from "./rule_case.ts";

type Attributes = NonNullable<RuleCase["attributes"]>;

function convolution(
  input: number[],
  weights: number[],
  attributes: Attributes = {},
  bias?: number,
): RuleCase {
  return { inputs: [x(...input), x(...weights), ...(bias === undefined ? [] : [x(bias)])], attributes };
}

const CONV_RULE_CASES: readonly RuleCase[] = [
  convolution([2, 2, 3, 3], [2, 2, 2, 2], {}, 2),
  // a position left over behind the last window, on one axis or both
  convolution([1, 2, 4, 5], [2, 2, 3, 2], { strides: [2, 2], pads: [1, 1, 1, 1] }),
  convolution([1, 1, 7, 5], [2, 1, 2, 2], { strides: [3, 2], pads: [0, 1, 1, 0], dilations: [2, 3] }),
  convolution([2, 1, 4, 4], [1, 1, 4, 4], { strides: [2, 2], pads: [1, 1, 1, 1] }),
  convolution([1, 1, 4, 5], [1, 1, 3, 2], { auto_pad: "SAME_UPPER", strides: [2, 1] }),
  convolution([1, 1, 4, 5], [1, 1, 3, 2], { auto_pad: "SAME_LOWER", strides: [2, 2] }),
  convolution([1, 4, 3, 3], [4, 2, 2, 2], { group: 2, pads: [1, 0, 0, 1] }),
  convolution([2, 3, 3, 2], [6, 1, 2, 2], { group: 3, strides: [2, 1], pads: [1, 1, 0, 0] }, 6),
  convolution([2, 2, 6], [3, 2, 2], { strides: [2], pads: [1, 1], dilations: [2] }, 3),
  convolution([1, 4, 5], [2, 2, 3], { strides: [2], group: 2 }),
  // 16 channels and more: the weight gradient by products
  convolution([1, 16, 2, 3], [1, 16, 2, 1], { pads: [1, 0, 1, 1] }),
  convolution([2, 16, 4], [2, 16, 2], { dilations: [2], pads: [1, 0] }),
  convolution([1, 16, 2], [2, 16, 1]),
];

const CONV_TRANSPOSE_RULE_CASES: readonly RuleCase[] = [
  convolution([2, 2, 3, 2], [2, 2, 2, 2], {}, 2),
  convolution([1, 2, 2, 3], [2, 2, 3, 3], { strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [1, 0] }),
  convolution([1, 1, 3, 3], [1, 2, 2, 2], { strides: [3, 2], dilations: [2, 3], pads: [0, 1, 1, 2] }),
  // more output padding than dilation: the weight gradient is cut to the kernel
  convolution([1, 1, 2, 3], [1, 2, 2, 2], { strides: [3, 3], output_padding: [2, 1] }),
  convolution([2, 3, 1, 1], [3, 1, 4, 4]),
  convolution([1, 1, 3, 2], [1, 1, 3, 3], { strides: [2, 2], output_shape: [6, 5] }),
  convolution([1, 1, 3, 2], [1, 1, 3, 4], { strides: [2, 3], auto_pad: "SAME_UPPER" }),
  convolution([1, 4, 2, 3], [4, 2, 2, 2], { group: 2, strides: [2, 1], pads: [1, 0, 0, 1] }),
  convolution([2, 3, 2, 2], [3, 2, 2, 2], { group: 3, strides: [2, 1] }, 6),
  convolution([2, 2, 3], [2, 3, 3], { strides: [2], pads: [1, 2], output_padding: [1], dilations: [2] }, 3),
  convolution([1, 4, 3], [4, 2, 3], { strides: [2], group: 2 }),
  // 16 channels and more: the weight gradient by products
  convolution([1, 1, 3, 2], [1, 16, 2, 2], { pads: [1, 0, 1, 0] }),
];

export const CONVOLUTION_RULE_CASES = { Conv: CONV_RULE_CASES, ConvTranspose: CONV_TRANSPOSE_RULE_CASES };
