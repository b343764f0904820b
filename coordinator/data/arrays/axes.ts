/** The axes of an array, as --layout names them: a letter for each, e.g. NHWC. */
import { UserError } from "../../../common/errors.ts";
import { numElements } from "../../../common/shape.ts";

/** N examples, C channels or columns, D depth, T time, H rows, W columns of pixels: in the order in which examples are kept. */
const KEPT_ORDER = "NCDTHW";

/** Axes by their letters, each at most once. Throws {@linkcode UserError}. */
export function parseAxes(text: string): string {
  const axes = text.toUpperCase();
  const is_sound = /^[NCDTHW]+$/.test(axes) && new Set(axes).size === axes.length && axes !== "N";
  if (is_sound) return axes;
  throw new UserError(
    "Cannot use --layout: different letters of N (examples), C (channels or columns), D (depth), T (time), H (height) " +
      `and W (width) are required, one for each axis, as in NHWC or NTC, found ${JSON.stringify(text)}`,
  );
}

/** Elements of an array, and how far apart along each axis they lie. */
export interface Strided {
  readonly elements: ArrayLike<number>;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** Distances between neighbours along each axis, counted in elements. `fortran`: the first axis varies fastest. */
export function stridesOf(shape: readonly number[], fortran: boolean): number[] {
  return shape.map((_, axis) => numElements(fortran ? shape.slice(0, axis) : shape.slice(axis + 1)));
}

/** Examples of an array, with their axes in the order in which they are kept. */
export interface Arranged<T> {
  readonly values: T;
  readonly example_shape: readonly number[];
  /** Axes of an example. */
  readonly axes: string;
}

/** The constructor of Float32Array, or of Uint8Array for tones. */
interface Room<T> {
  new (length: number): T;
}

/**
 * An array of these axes, examples first, then channels, then places; copied unless it lies so already. A single
 * channel's axis is left out.
 */
export function arrange<T extends Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>>(
  { elements, shape, strides }: Strided,
  axes: string,
  Room: Room<T>,
): Arranged<T> {
  const { extents, distances, lies_so, ...form } = formOf(shape, strides, axes);
  const as_is = lies_so && elements instanceof Room;
  return {
    ...form,
    values: as_is ? elements : copyInOrder(elements, extents, distances, new Room(numElements(shape))),
  };
}

/** What an array of these axes is as examples, and whether it lies so already. */
export function formOf(shape: readonly number[], strides: readonly number[], axes: string) {
  const order = [...KEPT_ORDER].filter((letter) => axes.includes(letter)).map((letter) =>
    axes.indexOf(letter)
  );
  const extents = order.map((axis) => shape[axis]!), distances = order.map((axis) => strides[axis]!);
  const lies_so = stridesOf(extents, false).every((stride, i) => stride === distances[i] || extents[i] === 1);
  const kept = order.map((axis) => ({ letter: axes[axis]!, extent: shape[axis]! })).filter((
    { letter, extent },
  ) => letter !== "N" && !(letter === "C" && extent === 1 && axes.length > 2));
  return {
    extents,
    distances,
    lies_so,
    example_shape: kept.map(({ extent }) => extent),
    axes: kept.map(({ letter }) => letter).join(""),
  };
}

function copyInOrder<T extends Float32Array | Uint8Array>(
  elements: ArrayLike<number>,
  shape: readonly number[],
  strides: readonly number[],
  room: T,
): T {
  const last = shape.length - 1;
  const place = shape.map(() => 0);
  const extent = shape[last]!, stride = strides[last]!;
  for (let to = 0; to < room.length;) {
    let from = 0;
    for (let axis = 0; axis < last; axis++) from += place[axis]! * strides[axis]!;
    for (let i = 0; i < extent; i++, from += stride) room[to++] = elements[from]!;
    for (let axis = last - 1; axis >= 0 && ++place[axis]! === shape[axis]; axis--) place[axis] = 0;
  }
  return room;
}
