/** Shapes: extents of the axes of a tensor or of an example. */

/** Elements of a tensor of this shape: the product of its extents, 1 for a scalar. */
export function numElements(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}
