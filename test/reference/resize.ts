/**
 * Reference kernel of Resize, as the ONNX operator specification writes it, one axis after the other. Coordinates are
 * float32, as `scales` is: which neighbour is the nearest one can hang on their rounding.
 */
import type { Call, Kernel } from "./kernel.ts";
import { at, generate, positive, type RefTensor } from "./ref_tensor.ts";

const { fround, floor, ceil, min, max } = Math;

/** Position of an output element on the axis of the input. */
function original(mode: string, x: number, scale: number, from: number, to: number): number {
  const half = () => fround(fround(fround(x + 0.5) / scale) - 0.5);
  switch (mode) {
    case "asymmetric":
      return fround(x / scale);
    case "half_pixel":
      return half();
    case "pytorch_half_pixel":
      return to > 1 ? half() : 0;
    case "align_corners":
      return to > 1 ? fround(fround(x * (from - 1)) / (to - 1)) : 0;
    default:
      throw new Error(`The reference interpreter does not know ${mode}`);
  }
}

const ROUND: Readonly<Record<string, (x: number) => number>> = {
  round_prefer_floor: (x) => ceil(x - 0.5),
  round_prefer_ceil: (x) => floor(x + 0.5),
  floor,
  ceil,
};

/** Elements of the input by their weights in one of the output. */
type Mix = readonly (readonly [place: number, weight: number])[];

function mixes(call: Call, from: number, to: number, scale: number): readonly Mix[] {
  const coordinates = call.attribute("coordinate_transformation_mode", "string") ?? "half_pixel";
  const round = ROUND[call.attribute("nearest_mode", "string") ?? "round_prefer_floor"]!;
  const inside = (place: number) => min(max(place, 0), from - 1);
  return Array.from({ length: to }, (_, x) => {
    const place = original(coordinates, x, scale, from, to);
    if (call.attribute("mode", "string") !== "linear") return [[inside(round(place)), 1]];
    const left = floor(place), part = place - left;
    return [[inside(left), 1 - part], [inside(left + 1), part]];
  });
}

function mixedAlong(x: RefTensor, axis: number, mixed: readonly Mix[]): RefTensor {
  return generate(
    x.element,
    x.shape.with(axis, mixed.length),
    (index) =>
      mixed[index[axis]!]!.reduce((sum, [place, weight]) => sum + weight * at(x, index.with(axis, place)), 0),
  );
}

const resize: Kernel = (call) => {
  const { shape } = call.x(0);
  const axes = (call.attribute("axes", "ints") ?? [...shape.keys()]).map((axis) =>
    positive(axis, shape.length)
  );
  const scales = call.numbers(2) ?? [], sizes = call.numbers(3);
  return axes.reduce((y, axis, i) => {
    const from = shape[axis]!;
    const scale = scales.length > 0 ? scales[i]! : fround(sizes![i]! / from);
    const to = scales.length > 0 ? floor(fround(from * scale)) : sizes![i]!;
    return scale === 1 ? y : mixedAlong(y, axis, mixes(call, from, to, scale));
  }, call.x(0));
};

export const RESIZE_KERNELS = { Resize: resize } satisfies Record<string, Kernel>;
