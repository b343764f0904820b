/** What pools are checked on: every attribute, along one axis and along two. */
import { f, type OperatorCase } from "./operator_case.ts";

type Attributes = NonNullable<OperatorCase["attributes"]>;

function pool(x: readonly number[], attributes: Attributes): OperatorCase {
  return { inputs: [f(x)], attributes };
}

const SHARED: readonly OperatorCase[] = [
  pool([2, 3, 4, 6], { kernel_shape: [2, 2], strides: [2, 2] }),
  pool([2, 3, 5, 6], { kernel_shape: [3, 2] }),
  pool([1, 2, 7, 6], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }),
  pool([1, 2, 7, 6], { kernel_shape: [3, 2], strides: [2, 1], pads: [2, 0, 1, 1] }),
  pool([1, 2, 7, 7], { kernel_shape: [3, 2], strides: [2, 3], auto_pad: "SAME_UPPER" }),
  pool([1, 2, 7, 6], { kernel_shape: [2, 3], strides: [3, 2], auto_pad: "SAME_LOWER" }),
  pool([1, 2, 7, 6], { kernel_shape: [2, 3], strides: [3, 2], auto_pad: "VALID" }),
  pool([1, 2, 6, 8], { kernel_shape: [3, 3], strides: [2, 3], ceil_mode: 1 }),
  pool([1, 2, 6, 8], { kernel_shape: [3, 3], strides: [2, 3], pads: [1, 1, 1, 0], ceil_mode: 1 }),
  pool([1, 2, 6, 4], { kernel_shape: [2, 3], strides: [3, 2], pads: [1, 1, 0, 2], ceil_mode: 1 }),
  pool([2, 3, 9], { kernel_shape: [4], strides: [2], pads: [1, 2] }),
  pool([1, 2, 4, 3, 5], { kernel_shape: [2, 3, 2], strides: [1, 1, 2] }),
  { ...pool([3, 2, 4, 4], { kernel_shape: [2, 2] }), named: ["N", "C", 4, 4] },
];

const GLOBAL: readonly OperatorCase[] = [
  { inputs: [f([2, 3, 4, 5])], named: ["N", 3, "H", "W"] },
  { inputs: [f([2, 3, 7])] },
];

export const POOL_CASES = {
  AveragePool: [
    ...SHARED,
    ...SHARED.map(({ attributes, ...rest }) => ({
      ...rest,
      attributes: { ...attributes, count_include_pad: 1 },
    })),
  ],
  MaxPool: [
    ...SHARED,
    pool([1, 2, 8, 9], { kernel_shape: [3, 2], dilations: [2, 3], strides: [1, 2], pads: [1, 0, 1, 1] }),
    pool([1, 2, 8, 9], { kernel_shape: [3, 2], dilations: [2, 3], strides: [3, 2], ceil_mode: 1 }),
  ],
  GlobalAveragePool: GLOBAL,
  GlobalMaxPool: GLOBAL,
};
