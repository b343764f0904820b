/**
 * Resize by cubic interpolation, or with antialiasing: along each axis a constant matrix, y = R x, where row i of R holds
 * the weights of the elements of x in element i of y. Source: ONNX operator Resize 19. Elements beyond the ends are those
 * at the ends, or left out (exclude_outside).
 */
import { type ResizedAxis, sourceCoordinate } from "../../../autodiff/resizing.ts";
import type { Value } from "../../../onnx/builder.ts";
import { tensorOf } from "../../../onnx/tensor.ts";
import { itemsOf, type Known } from "../known.ts";
import type { Lowerings, LoweringSite } from "./lowering.ts";

const MODES = ["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"];

/** Largest matrix. */
const MAX_EXTENT = 4096;

/** The weight of an element this far away. */
type Kernel = (distance: number) => number;

const linear: Kernel = (distance) => Math.max(0, 1 - Math.abs(distance));

/** Keys 1981: `a` is the slope at a distance of 1. */
function cubic(a: number): Kernel {
  return (distance) => {
    const x = Math.abs(distance);
    if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
  };
}

/** R [to, from] of one axis, row by row. */
function weights(n: LoweringSite, axis: ResizedAxis): readonly number[] {
  const { from, to, scale } = axis, is_cubic = n.string("mode") === "cubic";
  const kernel = is_cubic ? cubic(n.float("cubic_coeff_a", -0.75)) : linear;
  const is_smoothed = n.int("antialias", 0) !== 0, narrow = is_smoothed ? Math.min(scale, 1) : 1;
  const excludes = n.int("exclude_outside", 0) !== 0;
  const reach = Math.ceil((is_cubic ? 2 : 1) / narrow);
  return Array.from({ length: to }, (_, i) => {
    const place = sourceCoordinate(n, i, axis), row = Array<number>(from).fill(0);
    for (let at = Math.floor(place) - reach; at <= Math.floor(place) + reach + 1; at++) {
      const inside = Math.min(Math.max(at, 0), from - 1);
      if (at === inside || !excludes) row[inside]! += kernel((at - place) * narrow);
    }
    const total = excludes || is_smoothed ? row.reduce((sum, weight) => sum + weight, 0) : 1;
    return row.map((weight) => weight / total);
  }).flat();
}

/** The axes that change, and how far. */
function axesOf(n: LoweringSite): readonly ResizedAxis[] {
  const shape = n.shapeAt(0), scales = itemsOf(n.known[2]), sizes = itemsOf(n.known[3]);
  const asked = scales?.length
    ? scales
    : sizes?.length
    ? sizes
    : n.fail("its scales or sizes must be constant");
  return (n.ints("axes") ?? [...shape.keys()]).flatMap((given, i) => {
    const axis = n.axisOf(given, shape.length), from = shape[axis]!, item = asked[i]!;
    // The batch stays, whatever number a size has for it.
    if (typeof from !== "number") {
      return scales?.length && item !== 1
        ? n.fail(`an axis that is resized must have a fixed size: found ${from}`)
        : [];
    }
    if (typeof item !== "number") return n.fail(`its sizes must be fixed numbers: found ${item}`);
    const scale = scales?.length ? item : Math.fround(item / from);
    const to = scales?.length ? Math.floor(Math.fround(from * item)) : item;
    return scale === 1 ? [] : [{ axis, from, to, scale }];
  });
}

function resized(n: LoweringSite, x: Value, axis: ResizedAxis): Value {
  const rank = x.type.shape.length, { from, to } = axis;
  if (!(to >= 1 && to <= MAX_EXTENT && from <= MAX_EXTENT)) {
    n.fail(`in mode cubic, sizes must be 1 to ${MAX_EXTENT}: found ${from} and ${to}`);
  }
  const matrix = n.constant(tensorOf("float32", [to, from], weights(n, axis)));
  if (axis.axis === rank - 2) return n.op("MatMul", [matrix, x]);
  const perm = [...Array(rank).keys()].filter((other) => other !== axis.axis).concat(axis.axis);
  const last = n.op("MatMul", [n.transpose(x, perm), n.op("Transpose", [matrix])]);
  return n.transpose(last, perm.map((_, at) => perm.indexOf(at)));
}

function resize(n: LoweringSite): readonly Known[] | null {
  const mode = n.string("mode") ?? "nearest";
  const is_other = mode === "cubic" || (mode === "linear" && n.int("antialias", 0) !== 0);
  if (!is_other) return null;
  const transformation = n.string("coordinate_transformation_mode") ?? "half_pixel";
  if (!MODES.includes(transformation)) {
    n.fail(`its coordinate_transformation_mode must be ${MODES.join(", ")}: found ${transformation}`);
  }
  const policy = n.string("keep_aspect_ratio_policy") ?? "stretch";
  if (policy !== "stretch") n.fail(`its keep_aspect_ratio_policy must be stretch: found ${policy}`);
  return [{ value: axesOf(n).reduce((x, axis) => resized(n, x, axis), n.x(0)) }];
}

export const RESIZE_LOWERINGS = { Resize: resize } satisfies Lowerings;
