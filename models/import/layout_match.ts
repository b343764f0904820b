/** Finds how examples of one shape are those of another, in another layout. Shapes are without the batch. */
import type { GraphBuilder, Value } from "../../onnx/builder.ts";
import { sameShape } from "../../onnx/dims.ts";
import { numElements } from "../../common/shape.ts";

/** How to get from one shape to the other: axes (the batch's is 0) in another order, then the shape. */
export interface LayoutMatch {
  readonly perm: readonly number[] | null;
  readonly shape: readonly number[];
}

function withoutOnes(shape: readonly number[]): readonly number[] {
  return shape.filter((extent) => extent !== 1);
}

/**
 * Null where the layout is not clear. It is where the shapes differ in extents of 1 only, where one is flat, and
 * between channels first [C, H, W] and channels last [H, W, C].
 */
export function matchLayout(from: readonly number[], to: readonly number[]): LayoutMatch | null {
  if (numElements(from) !== numElements(to)) return null;
  const isFlat = [from, to].some((shape) => withoutOnes(shape).length <= 1);
  if (isFlat || sameShape(withoutOnes(from), withoutOnes(to))) return { perm: null, shape: to };
  if (from.length !== 3 || to.length !== 3) return null;
  const [a, b, c] = from as [number, number, number];
  if (sameShape(to, [c, a, b])) return { perm: [0, 3, 1, 2], shape: to };
  if (sameShape(to, [b, c, a])) return { perm: [0, 2, 3, 1], shape: to };
  return null;
}

/** x [N, ...] in the other layout. */
export function applyLayoutMatch(b: GraphBuilder, x: Value, { perm, shape }: LayoutMatch): Value {
  const ordered = perm === null ? x : b.op("Transpose", [x], { perm });
  if (sameShape(ordered.type.shape.slice(1), shape)) return ordered;
  return b.op("Reshape", [ordered, b.ints([-1, ...shape])]);
}
