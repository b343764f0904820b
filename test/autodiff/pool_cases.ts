/** What the rules of pools are checked on: windows with gaps, overlaps, padding, and a part beyond the input. */
import { type RuleCase, x } from "./rule_case.ts";

type Attributes = NonNullable<RuleCase["attributes"]>;

function pool(shape: number[], attributes: Attributes): RuleCase {
  return { inputs: [x(...shape)], attributes };
}

const SHARED: readonly RuleCase[] = [
  pool([2, 2, 4, 2], { kernel_shape: [2, 2], strides: [2, 2] }),
  pool([1, 2, 4, 4], { kernel_shape: [3, 2] }),
  pool([1, 1, 5, 5], { kernel_shape: [3, 2], strides: [2, 3], pads: [1, 1, 1, 0] }),
  pool([1, 1, 6, 5], { kernel_shape: [3, 2], strides: [2, 1], auto_pad: "SAME_UPPER" }),
  pool([1, 1, 6, 6], { kernel_shape: [2, 3], strides: [2, 3], pads: [1, 1, 0, 1], ceil_mode: 1 }),
  pool([2, 1, 7], { kernel_shape: [3], strides: [2], pads: [1, 0], ceil_mode: 1 }),
];

const GLOBAL: readonly RuleCase[] = [{ inputs: [x(2, 2, 3, 2)] }, { inputs: [x(1, 2, 4)] }];

export const POOL_RULE_CASES = {
  AveragePool: [
    ...SHARED,
    ...SHARED.slice(2).map(({ inputs, attributes }) => ({
      inputs,
      attributes: { ...attributes, count_include_pad: 1 },
    })),
  ],
  MaxPool: [
    ...SHARED,
    pool([1, 1, 6, 5], { kernel_shape: [2, 2], dilations: [3, 2], strides: [1, 2], pads: [1, 0, 1, 1] }),
  ],
  GlobalAveragePool: GLOBAL,
  GlobalMaxPool: GLOBAL,
};
