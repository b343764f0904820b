/** Items of constants in other places: any rank, any axis. A place is the index of an item in row-major order. */
import { numElements } from "../../common/shape.ts";

type Shape = readonly number[];

/** Source positions for each position of the result. */
export interface Moved {
  readonly shape: Shape;
  readonly places: readonly number[];
}

function strides(shape: Shape): number[] {
  return shape.map((_, axis) => numElements(shape.slice(axis + 1)));
}

/** All places that these indices along each axis lead to, in order. */
function placesOf(shape: Shape, indices: readonly (readonly number[])[]): readonly number[] {
  const steps = strides(shape);
  return indices.reduce<readonly number[]>(
    (places, along, axis) => places.flatMap((place) => along.map((index) => place + index * steps[axis]!)),
    [0],
  );
}

function whole(extent: number): readonly number[] {
  return Array.from({ length: extent }, (_, i) => i);
}

export function positiveAxis(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

/** One axis taken at these indices, which may be below 0. */
export function takenAt(shape: Shape, axis: number, indices: readonly number[]): Moved | undefined {
  const extent = shape[axis];
  if (extent === undefined) return undefined;
  const own = indices.map((index) => index < 0 ? index + extent : index);
  if (!own.every((index) => Number.isInteger(index) && index >= 0 && index < extent)) return undefined;
  return {
    shape: shape.with(axis, own.length),
    places: placesOf(shape, shape.map((each, at) => at === axis ? own : whole(each))),
  };
}

/** ONNX Slice of one axis: indices below 0 count from the end, and both ends are clamped. */
export function slicedIndices(extent: number, start: number, end: number, step: number): readonly number[] {
  const clamp = (at: number, low: number, high: number) =>
    Math.min(Math.max(at < 0 ? at + extent : at, low), high);
  const [low, high] = step > 0 ? [0, extent] : [-1, extent - 1];
  const indices: number[] = [];
  const from = clamp(start, Math.max(low, 0), high), to = clamp(end, low, high);
  for (let at = from; step > 0 ? at < to : at > to; at += step) indices.push(at);
  return indices;
}

export function transposed(shape: Shape, perm: readonly number[]): Moved | undefined {
  if (perm.length !== shape.length || !shape.every((_, axis) => perm.includes(axis))) return undefined;
  const steps = strides(shape), out = perm.map((axis) => shape[axis]!);
  const places = out.reduce<readonly number[]>(
    (places, extent, i) =>
      places.flatMap((place) => whole(extent).map((at) => place + at * steps[perm[i]!]!)),
    [0],
  );
  return { shape: out, places };
}

/** Parts one after the other along an axis; places count through the parts in turn. */
export function joinedPlaces(shapes: readonly Shape[], axis: number): Moved | undefined {
  const [first] = shapes;
  const fits = shapes.every((shape) =>
    shape.length === first!.length && shape.every((extent, at) => at === axis || extent === first![at])
  );
  if (first === undefined || !fits || axis < 0 || axis >= first.length) return undefined;
  const rows = numElements(first.slice(0, axis));
  const sizes = shapes.map((shape) => numElements(shape.slice(axis)));
  const starts = shapes.map((_, i) => shapes.slice(0, i).reduce((sum, shape) => sum + numElements(shape), 0));
  const places = whole(rows).flatMap((row) =>
    sizes.flatMap((size, i) => whole(size).map((at) => starts[i]! + row * size + at))
  );
  const extent = shapes.reduce((sum, shape) => sum + shape[axis]!, 0);
  return { shape: first.with(axis, extent), places };
}

export function tiled(shape: Shape, repeats: readonly number[]): Moved | undefined {
  const isCount = (times: number) => Number.isInteger(times) && times >= 0;
  if (repeats.length !== shape.length || !repeats.every(isCount)) return undefined;
  const indices = shape.map((extent, axis) => whole(extent * repeats[axis]!).map((at) => at % extent));
  return { shape: indices.map(({ length }) => length), places: placesOf(shape, indices) };
}
