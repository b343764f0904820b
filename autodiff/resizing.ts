/**
 * Resize along each axis: the positions of y's elements on x (operator version 18).
 *
 * Coordinates are float32, as ONNX Runtime computes them: which neighbour is the nearest one can hang on rounding.
 */
import type { Value } from "../onnx/builder.ts";

/** An axis that is resized. Coordinates of y are divided by the scale to give those of x. */
export interface ResizedAxis {
  readonly axis: number;
  readonly from: number;
  readonly to: number;
  readonly scale: number;
}

/** The node that is read. */
interface Resizing {
  string(name: string): string | undefined;
  ints(name: string): readonly number[] | undefined;
  has(index: number): boolean;
  x(index: number): Value;
  constants(index: number): readonly number[];
}

/** The axes that are resized to those of `y`; one without a number as its extent stays as it is. */
export function resizedAxes(n: Resizing, y: Value["type"]): readonly ResizedAxis[] {
  const x = n.x(0).type.shape;
  const scales = n.has(2) ? n.constants(2) : [];
  return (n.ints("axes") ?? [...x.keys()]).flatMap((given, i) => {
    const axis = given < 0 ? given + x.length : given;
    const from = x[axis]!, to = y.shape[axis]!;
    if (typeof from !== "number" || typeof to !== "number") return [];
    return [{ axis, from, to, scale: scales[i] ?? Math.fround(to / from) }];
  }).filter(({ scale }) => scale !== 1);
}

/** Position of element i of y on the axis of x. */
export function sourceCoordinate(
  n: Pick<Resizing, "string">,
  i: number,
  { from, to, scale }: ResizedAxis,
): number {
  const { fround } = Math;
  const mode = n.string("coordinate_transformation_mode") ?? "half_pixel";
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

/** From a place on x to the index that its number is taken from; undefined where two are mixed (mode linear). */
export function nearestIndex(n: Resizing, { from }: ResizedAxis): ((place: number) => number) | undefined {
  if (n.string("mode") === "linear") return undefined;
  const whole = NEAREST[n.string("nearest_mode") ?? "round_prefer_floor"]!;
  return (place) => Math.min(Math.max(whole(place), 0), from - 1);
}
