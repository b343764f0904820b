/** What an operator is checked on, and a short hand for it. */
import type { AttributeInput } from "../../onnx/builder.ts";
import type { ElementType, Shape } from "../../onnx/graph.ts";

/** An input: a fed tensor with numbers in [low, high) or given ones, a constant of integers or floats, or left out. */
export type Operand =
  | {
    readonly element: ElementType;
    readonly shape: readonly number[];
    readonly low: number;
    readonly high: number;
    readonly values?: readonly number[];
  }
  | { readonly constant: readonly number[]; readonly element?: "float32" }
  | null;

export interface OperatorCase {
  readonly inputs: readonly Operand[];
  readonly attributes?: Readonly<Record<string, AttributeInput>>;
  readonly num_outputs?: number;
  /** Shape of the first input in the graph, where it has named extents. */
  readonly named?: Shape;
  /** Opset of the model, 18 unless given. */
  readonly opset?: number;
}

export function f(shape: readonly number[], low = -2, high = 2): Operand {
  return { element: "float32", shape, low, high };
}

export function given(element: ElementType, values: readonly number[]): Operand {
  return { element, shape: [values.length], low: 0, high: 0, values };
}

export function c(...constant: number[]): Operand {
  return { constant };
}

/** Indices of this shape. */
export function indices(shape: readonly number[], ...values: number[]): Operand {
  return { element: "int64", shape, low: 0, high: 0, values };
}

export function floats(...constant: number[]): Operand {
  return { constant, element: "float32" };
}
