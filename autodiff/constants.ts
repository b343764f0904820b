/** The numbers of constants: of initializers, and of Constant nodes. */
import type { Node, Tensor } from "../onnx/graph.ts";

/** The elements of a tensor as numbers, undefined without a tensor. */
export function numbersOf(tensor: Tensor | undefined): readonly number[] | undefined {
  return tensor && Array.from(tensor.data, Number);
}

/** Value of a Constant node with these attributes; undefined if it is not a number. */
export function constantNumbers(attributes: Node["attributes"] = {}): readonly number[] | undefined {
  const { value, value_int, value_ints, value_float, value_floats } = attributes;
  if (value?.kind === "tensor") return numbersOf(value.value);
  if (value_ints?.kind === "ints") return value_ints.value;
  if (value_floats?.kind === "floats") return value_floats.value.map(Math.fround);
  if (value_int?.kind === "int") return [value_int.value];
  return value_float?.kind === "float" ? [Math.fround(value_float.value)] : undefined;
}
