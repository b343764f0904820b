/**
 * Tensors of the reference interpreter: every number is a float64, whatever the element type says. Integers are
 * exact up to 2^53 and do not wrap; floats are not rounded to their element type; bool is 0 or 1.
 */
import type { ElementType, Tensor } from "../../onnx/graph.ts";

export interface RefTensor {
  readonly element: ElementType;
  readonly shape: readonly number[];
  /** Row-major. */
  readonly data: Float64Array;
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, extent) => size * extent, 1);
}

/** A tensor from numbers; throws where their count does not fit the shape. */
export function refTensor(
  element: ElementType,
  shape: readonly number[],
  values: Iterable<number>,
): RefTensor {
  const data = Float64Array.from(values);
  if (data.length !== sizeOf(shape)) {
    throw new Error(`${data.length} numbers do not fill [${shape.join(",")}]`);
  }
  return { element, shape, data };
}

/** A constant of a graph. Half-precision and string constants are not understood. */
export function fromTensor({ element, shape, data }: Tensor): RefTensor {
  if (element === "string" || element === "float16" || element === "bfloat16") {
    throw new Error(`The reference interpreter does not read ${element} constants`);
  }
  return refTensor(element, shape, Array.from(data, Number));
}

/** All indices of a shape, in row-major order. */
export function* indicesOf(shape: readonly number[]): Generator<readonly number[]> {
  const size = sizeOf(shape);
  for (let flat = 0; flat < size; flat++) yield unflatten(flat, shape);
}

export function unflatten(flat: number, shape: readonly number[]): number[] {
  const index = Array<number>(shape.length);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index[axis] = flat % shape[axis]!;
    flat = Math.floor(flat / shape[axis]!);
  }
  return index;
}

export function flatten(index: readonly number[], shape: readonly number[]): number {
  return index.reduce((flat, at, axis) => flat * shape[axis]! + at, 0);
}

/** A tensor of this shape whose element at `index` is `of(index)`. */
export function generate(
  element: ElementType,
  shape: readonly number[],
  of: (index: readonly number[]) => number,
): RefTensor {
  const data = new Float64Array(sizeOf(shape));
  let flat = 0;
  for (const index of indicesOf(shape)) data[flat++] = of(index);
  return { element, shape, data };
}

export function at(x: RefTensor, index: readonly number[]): number {
  return x.data[flatten(index, x.shape)]!;
}

/** The element that broadcasting puts at `index` of a result of at least x's rank. */
export function broadcastAt(x: RefTensor, index: readonly number[]): number {
  const own = index.slice(index.length - x.shape.length);
  return at(x, own.map((position, axis) => x.shape[axis] === 1 ? 0 : position));
}

export function broadcastShapes(...shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const extents = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    const extent = extents.find((extent) => extent !== 1) ?? 1;
    if (extents.some((other) => other !== 1 && other !== extent)) {
      throw new Error(`Shapes do not broadcast: ${shapes.map((shape) => `[${shape.join(",")}]`).join(" ")}`);
    }
    return extent;
  });
}

/** An axis counted from the end where it is negative. */
export function positive(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}
