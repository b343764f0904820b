/** Data that a program has in memory, as a data set. */
import { UserError } from "../common/errors.ts";
import { numElements } from "../common/shape.ts";
import { parseAxes, stridesOf } from "../coordinator/data/arrays/axes.ts";
import { examplesOf, pointsOf } from "../coordinator/data/arrays/npy.ts";
import { type DataSet, dataSetOf } from "../coordinator/data/data_set.ts";

/**
 * Examples in row-major order. Uint8Array: images, [N, rows, columns] or [N, channels, rows, columns] with 1 or 3
 * channels; 0 is black and 255 is white. Float32Array: points, [N, D] with D of 2 or more, used as they are. The
 * setting `layout` names the axes of others.
 *
 * @example
 * ```ts
 * import type { ExampleArray } from "@wagon/wagon";
 *
 * const values = Float32Array.from({ length: 1000 }, Math.random);
 * const points: ExampleArray = { values, shape: [500, 2] };
 * console.log(points.shape);
 * ```
 */
export interface ExampleArray {
  /** The values. They are not copied, and must not change during the training. */
  readonly values: Float32Array | Uint8Array;
  /** Extents, the number of examples first. */
  readonly shape: readonly number[];
}

/** Name of such data in a run's record. */
const NAME = "array";

/** The data set of an array. Throws {@linkcode UserError} where its shape does not fit its values, or is none of examples. */
export function arrayData({ values, shape }: ExampleArray, layout: string | null = null): DataSet {
  if (!(values instanceof Float32Array || values instanceof Uint8Array) || !Array.isArray(shape)) {
    refuse("values in a Float32Array or Uint8Array and a shape are required, found others");
  }
  const is_shape = shape.length >= 2 && shape.every((extent) => Number.isSafeInteger(extent) && extent >= 1);
  if (!is_shape || numElements(shape) !== values.length) {
    refuse(
      `its shape must be [N, …] with as many elements as there are values, found [${shape}] for ${values.length} values`,
    );
  }
  if (layout !== null) return laidOut({ values, shape }, parseAxes(layout));
  const [, ...example_shape] = shape as [number, ...number[]];
  if (values instanceof Float32Array) {
    if (example_shape.length === 1) {
      return pointsOf("the array", NAME, example_shape[0]!, values as Float32Array<ArrayBuffer>);
    }
    refuse(
      `a Float32Array must hold points [N, D], found [${shape}]; name its axes with layout, or give images as bytes, 0 ` +
        "black and 255 white, in a Uint8Array",
    );
  }
  const [channels] = example_shape.length === 3 ? example_shape : [1];
  if (![2, 3].includes(example_shape.length) || (channels !== 1 && channels !== 3)) {
    refuse(
      `a Uint8Array must hold images [N, rows, columns] or [N, channels, rows, columns] of 1 or 3 channels, found [${shape}]`,
    );
  }
  const grey = example_shape.length === 3 && channels === 1 ? example_shape.slice(1) : example_shape;
  const bytes = new Uint8Array(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength);
  return dataSetOf(NAME, grey, "uint8", bytes);
}

function laidOut({ values, shape }: ExampleArray, axes: string): DataSet {
  if (axes.length !== shape.length || !axes.includes("N")) {
    refuse(`a layout of ${shape.length} axes with N among them is required, found ${axes}`);
  }
  const array = { elements: values, shape, strides: stridesOf(shape, false) };
  return examplesOf("the array", NAME, array, axes, values instanceof Uint8Array);
}

function refuse(reason: string): never {
  throw new UserError(`Cannot use the array as data: ${reason}`);
}
