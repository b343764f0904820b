/**
 * The table of gradient rules. With the expansions of `decompose.ts` it is total over the operators of `models/onnx`:
 * a rule, an expansion, or why there is neither.
 */
import type { ExpandedOp } from "./decompose.ts";
import type { OpName } from "../onnx/shapes.ts";
import { ACTIVATION_RULES } from "./rules/activations.ts";
import { BLOCK_RULES } from "./rules/blocks.ts";
import { CONVOLUTION_RULES } from "./rules/convolution.ts";
import { ELEMENTWISE_RULES } from "./rules/elementwise.ts";
import { GATHERING_RULES } from "./rules/gathering.ts";
import { LINEAR_RULES } from "./rules/linear.ts";
import { PADDING_RULES } from "./rules/padding.ts";
import { POOL_RULES } from "./rules/pool.ts";
import { REDUCE_RULES } from "./rules/reduce.ts";
import { RESIZE_RULES } from "./rules/resize.ts";
import { SHAPE_RULES } from "./rules/shape.ts";

const TABLE = {
  ...ACTIVATION_RULES,
  ...ELEMENTWISE_RULES,
  ...GATHERING_RULES,
  ...LINEAR_RULES,
  ...PADDING_RULES,
  ...REDUCE_RULES,
  ...SHAPE_RULES,
  ...CONVOLUTION_RULES,
  ...POOL_RULES,
  ...RESIZE_RULES,
  ...BLOCK_RULES,
};
export type DifferentiableOp = keyof typeof TABLE;

export const GRADIENT_RULES: Readonly<typeof TABLE> = TABLE;

const IS_BOOL = "its output is bool: use it as a condition of Where";
const IS_FLAT = "its derivative is 0 almost everywhere";
const IS_CONSTANT = "its output does not depend on real numbers";

/** Operators that no gradient flows through: why, and what can be done. */
export const WITHOUT_RULE: Readonly<Record<Exclude<OpName, DifferentiableOp | ExpandedOp>, string>> = {
  Not: IS_BOOL,
  And: IS_BOOL,
  Or: IS_BOOL,
  Greater: IS_BOOL,
  GreaterOrEqual: IS_BOOL,
  Less: IS_BOOL,
  LessOrEqual: IS_BOOL,
  Equal: IS_BOOL,
  Shape: IS_CONSTANT,
  Constant: IS_CONSTANT,
  ConstantOfShape: IS_CONSTANT,
  Sign: IS_FLAT,
  Floor: IS_FLAT,
  Ceil: IS_FLAT,
  Round: IS_FLAT,
  ArgMax: IS_CONSTANT,
  ArgMin: IS_CONSTANT,
  Dropout:
    "it draws random numbers: multiply by a mask that is an input instead (drop of Net.forwardTrain in models/nets/net.ts)",
};

/** Operators that are constant wherever they have a derivative: as in PyTorch, no gradient flows through them. */
export const FLAT: readonly string[] = ["Sign", "Floor", "Ceil", "Round"] satisfies readonly OpName[];
