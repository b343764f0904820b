/**
 * The rule of Resize. Along each axis resizing is a constant matrix: y = R x, where row i of R holds the weights of the
 * elements of x in element i of y. So dx = R^T dy along each axis: MatMul only, closed under differentiation.
 *
 * Coordinates are float32, as ONNX Runtime computes them: which neighbour is the nearest one can hang on rounding.
 */
import type { Value } from "../../onnx/builder.ts";
import { numElements, tensorOf } from "../../onnx/tensor.ts";
import type { Rules, RuleSite } from "../rule.ts";

/** An axis that is resized. Coordinates of y are divided by the scale to give those of x. */
interface Axis {
  readonly axis: number;
  readonly from: number;
  readonly to: number;
  readonly scale: number;
}

function resizedAxes(n: RuleSite): readonly Axis[] {
  const x = n.shape(n.x(0)), y = n.shape(n.y);
  const scales = n.has(2) ? n.constants(2) : [];
  return (n.ints("axes") ?? [...x.keys()]).map((given, i) => {
    const axis = given < 0 ? given + x.length : given;
    const from = x[axis]!, to = y[axis]!;
    return { axis, from, to, scale: scales[i] ?? Math.fround(to / from) };
  }).filter(({ scale }) => scale !== 1);
}

/** Where element i of y lies on the axis of x. */
function coordinate(mode: string, i: number, { from, to, scale }: Axis): number {
  const { fround } = Math;
  if (mode === "asymmetric") return fround(i / scale);
  if (mode === "align_corners") return to === 1 ? 0 : fround(fround(i * (from - 1)) / (to - 1));
  if (mode === "pytorch_half_pixel" && to === 1) return 0;
  return fround(fround((i + 0.5) / scale) - 0.5);
}

const NEAREST: Readonly<Record<string, (place: number) => number>> = {
  round_prefer_floor: (place) => Math.ceil(place - 0.5),
  round_prefer_ceil: (place) => Math.floor(place + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
};

/** R [to, from] of one axis, row by row. */
function weights(n: RuleSite, axis: Axis): readonly number[] {
  const nearest = n.string("mode") === "linear"
    ? undefined
    : NEAREST[n.string("nearest_mode") ?? "round_prefer_floor"]!;
  const inside = (place: number) => Math.min(Math.max(place, 0), axis.from - 1);
  return Array.from({ length: axis.to }, (_, i) => {
    const place = coordinate(n.string("coordinate_transformation_mode") ?? "half_pixel", i, axis);
    const row = Array<number>(axis.from).fill(0);
    if (nearest) return row.with(inside(nearest(place)), 1);
    const left = Math.floor(place), part = place - left;
    row[inside(left)]! += 1 - part;
    row[inside(left + 1)]! += part;
    return row;
  }).flat();
}

/** R^T dy along one axis: dy R where it is the last one. */
function undone(n: RuleSite, dy: Value, axis: Axis): Value {
  const shape = n.shape(dy), rest = shape.slice(axis.axis + 1);
  const before = numElements(shape.slice(0, axis.axis)), after = numElements(rest);
  const matrix = n.constant(tensorOf(n.y.type.element, [axis.to, axis.from], weights(n, axis)));
  const dx = after === 1
    ? n.op("MatMul", [n.reshape(dy, [before, axis.to]), matrix])
    : n.op("MatMul", [n.op("Transpose", [matrix]), n.reshape(dy, [before, axis.to, after])]);
  return n.reshape(dx, shape.with(axis.axis, axis.from));
}

export const RESIZE_RULES = {
  /** dx = R^T dy along each axis */
  Resize: [(n) => resizedAxes(n).reduceRight((dy, axis) => undone(n, dy, axis), n.dy), null, null, null],
} satisfies Rules;
