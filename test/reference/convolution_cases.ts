/** What Conv and ConvTranspose are checked on: every attribute, along one axis and along two. */
import { f, type OperatorCase } from "./operator_case.ts";

type Attributes = NonNullable<OperatorCase["attributes"]>;

function convolution(x: readonly number[], w: readonly number[], attributes: Attributes = {}): OperatorCase {
  return { inputs: [f(x), f(w)], attributes };
}

const SHARED: readonly Attributes[] = [
  {},
  { strides: [2, 2], pads: [1, 1, 1, 1] },
  { strides: [3, 2], pads: [0, 2, 1, 0], dilations: [1, 2] },
  { strides: [2, 1], dilations: [2, 3], pads: [2, 2, 2, 3] },
  { auto_pad: "VALID", strides: [2, 1] },
  { auto_pad: "SAME_UPPER", strides: [2, 1] },
  { auto_pad: "SAME_LOWER", strides: [2, 2] },
  { auto_pad: "NOTSET", kernel_shape: [3, 2], pads: [1, 0, 1, 0] },
];

const CONV_CASES: readonly OperatorCase[] = [
  ...SHARED.map((attributes) => convolution([2, 3, 7, 8], [4, 3, 3, 2], attributes)),
  convolution([2, 4, 6, 6], [6, 2, 3, 3], { group: 2, pads: [1, 1, 1, 1] }),
  convolution([2, 4, 6, 5], [8, 1, 4, 3], { group: 4, strides: [2, 1], pads: [1, 2, 1, 0] }),
  { inputs: [f([2, 3, 5, 5]), f([2, 3, 3, 3]), f([2])] },
  { inputs: [f([3, 2, 4, 4]), f([2, 2, 4, 4])], named: ["N", 2, 4, 4] },
  convolution([2, 3, 6], [4, 3, 2], { strides: [3], auto_pad: "SAME_UPPER" }),
  convolution([2, 3, 9], [4, 3, 3]),
  convolution([2, 4, 9], [4, 2, 3], { strides: [2], pads: [2, 1], dilations: [2], group: 2 }),
  convolution([2, 3, 8], [4, 3, 4], { strides: [3], auto_pad: "SAME_LOWER", dilations: [1] }),
  convolution([1, 2, 4, 5, 3], [3, 2, 2, 3, 1], { strides: [1, 2, 1], pads: [0, 1, 0, 1, 1, 0] }),
];

const CONV_TRANSPOSE_CASES: readonly OperatorCase[] = [
  ...SHARED.map((attributes) => convolution([2, 3, 4, 5], [3, 4, 3, 2], attributes)),
  convolution([2, 3, 4, 4], [3, 2, 3, 3], { strides: [3, 2], pads: [1, 1, 1, 1], output_padding: [2, 1] }),
  convolution([2, 3, 4, 4], [3, 2, 3, 3], {
    dilations: [3, 2],
    pads: [1, 0, 1, 1],
    strides: [2, 2],
    output_padding: [1, 1],
  }),
  convolution([2, 3, 4, 4], [3, 2, 3, 3], { strides: [2, 2], output_shape: [8, 7] }),
  convolution([2, 3, 4, 4], [3, 2, 3, 3], { strides: [2, 2], output_shape: [8, 7], auto_pad: "SAME_UPPER" }),
  convolution([2, 3, 4, 4], [3, 2, 3, 3], { strides: [2, 2], output_shape: [8, 7], auto_pad: "SAME_LOWER" }),
  convolution([2, 4, 4, 3], [4, 3, 3, 3], { group: 2, strides: [2, 2], pads: [1, 1, 1, 1] }),
  convolution([2, 4, 4, 3], [4, 2, 4, 3], { group: 4, strides: [2, 1], pads: [1, 2, 1, 0] }),
  { inputs: [f([2, 3, 3, 3]), f([3, 2, 3, 3]), f([2])] },
  { inputs: [f([3, 5, 1, 1]), f([5, 2, 4, 4])], named: ["N", 5, 1, 1] },
  convolution([2, 3, 5], [3, 4, 3]),
  convolution([2, 4, 5], [4, 2, 3], { strides: [2], pads: [2, 1], group: 2, output_padding: [1] }),
  convolution([2, 4, 5], [4, 2, 3], { strides: [2], dilations: [2] }),
  convolution([1, 4, 3], [4, 1, 3], { strides: [2], group: 2 }),
  convolution([1, 2, 3, 2, 3], [2, 3, 2, 3, 1], { strides: [1, 2, 1], pads: [0, 1, 0, 1, 1, 0] }),
  // groups of several channels with one target
  convolution([1, 4, 3, 2], [4, 1, 3, 3], { group: 2, strides: [2, 2], pads: [1, 1, 1, 1] }),
  {
    inputs: [f([2, 8, 3, 3]), f([8, 1, 2, 3]), f([2])],
    attributes: { group: 2, strides: [1, 2], auto_pad: "SAME_UPPER" },
    named: ["N", 8, 3, 3],
  },
  { inputs: [f([2, 3, 3, 3]), f([3, 2, 3, 3]), f([2])], attributes: { strides: [2, 2], pads: [0, 1, 1, 0] } },
];

export const CONVOLUTION_CASES = { Conv: CONV_CASES, ConvTranspose: CONV_TRANSPOSE_CASES };
