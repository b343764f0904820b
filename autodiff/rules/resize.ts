/**
 * The rule of Resize. Along each axis resizing is a constant matrix: y = R x, where row i of R holds the weights of the
 * elements of x in element i of y. So dx = R^T dy along each axis: MatMul only, closed under differentiation.
 */
import type { Value } from "../../onnx/builder.ts";
import { tensorOf } from "../../onnx/tensor.ts";
import { nearestIndex, resizedAxes, type ResizedAxis, sourceCoordinate } from "../resizing.ts";
import type { Rules, RuleSite } from "../rule.ts";
import { numElements } from "../../common/shape.ts";

/** R [to, from] of one axis, row by row. */
function weights(n: RuleSite, axis: ResizedAxis): readonly number[] {
  const index = nearestIndex(n, axis);
  const inside = (place: number) => Math.min(Math.max(place, 0), axis.from - 1);
  return Array.from({ length: axis.to }, (_, i) => {
    const place = sourceCoordinate(n, i, axis);
    const row = Array<number>(axis.from).fill(0);
    if (index) return row.with(index(place), 1);
    const left = Math.floor(place), part = place - left;
    row[inside(left)]! += 1 - part;
    row[inside(left + 1)]! += part;
    return row;
  }).flat();
}

/** R^T dy along one axis: dy R where it is the last one. */
function undone(n: RuleSite, dy: Value, axis: ResizedAxis): Value {
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
  Resize: [
    (n) => resizedAxes(n, n.y.type).reduceRight((dy, axis) => undone(n, dy, axis), n.dy),
    null,
    null,
    null,
  ],
} satisfies Rules;
