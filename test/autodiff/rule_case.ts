/** What a gradient rule is checked on, and a short hand for it. */
import type { AttributeInput } from "../../onnx/builder.ts";

/** A tensor to differentiate by, a constant of integers, of booleans or of float32, or nothing. */
export type Operand =
  | {
    readonly shape: readonly number[];
    readonly low: number;
    readonly high: number;
    readonly signs: boolean;
  }
  | { readonly ints: readonly number[] }
  | { readonly indices: readonly number[]; readonly shape: readonly number[]; readonly fed: boolean }
  | { readonly bools: readonly number[] }
  | { readonly scales: readonly number[] }
  | null;

export interface RuleCase {
  readonly inputs: readonly Operand[];
  readonly attributes?: Readonly<Record<string, AttributeInput>>;
  readonly num_outputs?: number;
  /** Every input is the first one. */
  readonly repeated?: boolean;
}

/** Numbers of either sign, at least 0.3 away from 0. */
export function x(...shape: number[]): Operand {
  return { shape, low: 0.3, high: 1.6, signs: true };
}

/** Positive numbers. */
export function p(...shape: number[]): Operand {
  return { shape, low: 0.4, high: 1.8, signs: false };
}

/** Numbers within bounds. */
export function within(low: number, high: number, ...shape: number[]): Operand {
  return { shape, low, high, signs: false };
}

export function i(...ints: number[]): Operand {
  return { ints };
}

/** Constant indices of a shape. */
export function indices(shape: readonly number[], ...values: number[]): Operand {
  return { indices: values, shape, fed: false };
}

/** Indices that are an input of the graph. */
export function fed(shape: readonly number[], ...values: number[]): Operand {
  return { indices: values, shape, fed: true };
}

export function scales(...scales: number[]): Operand {
  return { scales };
}
