/**
 * Nodes on constants, computed beforehand. Only what has one right result in its element type: sums, products,
 * quotients and roots, which IEEE 754 rounds correctly (from float64 to float32 too: 53 bits are more than twice 24
 * and two), and moving elements.
 */
import type { Value } from "../onnx/builder.ts";
import { isFixed } from "../onnx/dims.ts";
import { attributeOf, type Tensor } from "../onnx/graph.ts";
import type { OpName } from "../onnx/shapes.ts";
import { tensorOf } from "../onnx/tensor.ts";
import type { Application, Rewriter } from "./rewriter.ts";
import { numElements } from "../common/shape.ts";

/** Results up to this many elements are kept in the graph. */
const MAX_FOLDED = 1024;

const ARITHMETIC: Readonly<Partial<Record<OpName, (...operands: number[]) => number>>> = {
  Add: (a, b) => a! + b!,
  Sub: (a, b) => a! - b!,
  Mul: (a, b) => a! * b!,
  Div: (a, b) => a! / b!,
  Neg: (a) => -a!,
  Sqrt: (a) => Math.sqrt(a!),
  Reciprocal: (a) => 1 / a!,
};

/** Operators that keep elements and their order, given the new shape. */
const RESHAPES: readonly OpName[] = ["Identity", "Reshape", "Squeeze", "Unsqueeze", "Flatten"];

/** The constant that a node on constants gives. */
export function fold(
  { op, inputs, attributes, type: { element, shape } }: Application,
  r: Rewriter,
): Value | null {
  const operands = inputs.map((input) => input && r.tensorOf(input));
  if (!isFixed(shape) || numElements(shape) > MAX_FOLDED || !operands.every(isTensor)) return null;
  const source = operands[0];
  if (source && RESHAPES.includes(op)) return r.constant({ ...source, shape });
  if (element !== "float32" && element !== "float64") return null;
  const numbers = ARITHMETIC[op]
    ? elementwise(ARITHMETIC[op], operands, shape)
    : op === "Expand"
    ? elementwise((x) => x!, [source!], shape)
    : op === "Concat"
    ? concatenated(operands, attributeOf(attributes, "axis", "int") ?? 0)
    : null;
  return numbers && r.constant(tensorOf(element, shape, numbers));
}

function isTensor(operand: Tensor | null | undefined): operand is Tensor {
  return operand !== null && operand !== undefined;
}

function elementwise(
  of: (...operands: number[]) => number,
  operands: readonly Tensor[],
  shape: readonly number[],
): number[] {
  const places = operands.map((operand) => sourcePlaces(operand.shape, shape));
  return Array.from(
    { length: numElements(shape) },
    (_, i) => of(...operands.map(({ data }, k) => Number(data[places[k]![i]!]))),
  );
}

/** Joined elements, where they lie one operand after the other: all extents before the axis are 1. */
function concatenated(operands: readonly Tensor[], axis: number): number[] | null {
  const before = operands[0]!.shape.slice(0, axis);
  return before.every((extent) => extent === 1)
    ? operands.flatMap(({ data }) => Array.from(data, Number))
    : null;
}

/** For each element of a broadcast result, the place of the element that it comes from. */
export function sourcePlaces(from: readonly number[], shape: readonly number[]): number[] {
  let places = [0];
  let stride = numElements(from);
  for (const [axis, extent] of shape.entries()) {
    const own = from[axis - shape.length + from.length] ?? 1;
    stride /= own;
    const step = own === 1 ? 0 : stride;
    places = places.flatMap((place) => Array.from({ length: extent }, (_, i) => place + i * step));
  }
  return places;
}
