/**
 * DiffAugment: Zhao, Liu, Lin, Zhu, Han, "Differentiable augmentation for data-efficient GAN training", 2020
 * (arXiv:2006.10738), section 3. The critic sees T(x) and T(G(z)) in place of x and G(z), with a T of its own for each
 * example, and gradients flow through T to the generator. So a small set of images lasts longer, and T does not leak
 * into what the generator makes.
 *
 *   color        x + b; saturation: times 2 s around the mean of each pixel's channels; contrast: times c + 1/2 around
 *                the mean of the image. b in [-1/2, 1/2), s and c in [0, 1)
 *   translation  by up to 1/8 of the rows and of the columns; what comes into sight is 0
 *   cutout       a rectangle of half the rows and half the columns is 0; its middle is anywhere in the image
 *
 * They follow each other in this order, and their numbers are an input of the graph: u [n, k], uniform in [0, 1).
 */
import { numElements } from "../../common/shape.ts";
import type { GraphBuilder, Value } from "../../onnx/builder.ts";
import { tensorOf } from "../../onnx/tensor.ts";

/** What images can be augmented by, in the order in which it is done. */
export const POLICIES = ["color", "translation", "cutout"] as const;
export type AugmentPolicy = typeof POLICIES[number];

export interface Augmentation {
  readonly policies: readonly AugmentPolicy[];
  /** [channels, rows, columns] of an example, however the networks see it. */
  readonly image_shape: readonly [channels: number, rows: number, columns: number];
}

/** Numbers that an example takes. */
const NUMBERS: Readonly<Record<AugmentPolicy, number>> = { color: 3, translation: 2, cutout: 2 };
/** The share of an extent that an image moves by at most, and that is cut out. */
const MOST_SHIFT = 1 / 8;
const CUT = 1 / 2;

/** Numbers of [0, 1) that each example takes. */
export function augmentNumbers({ policies }: Pick<Augmentation, "policies">): number {
  return policies.reduce((sum, policy) => sum + NUMBERS[policy], 0);
}

/** T(x) of examples [n, ...]; `uniforms`: [n, {@linkcode augmentNumbers}]. */
export function augmented(b: GraphBuilder, x: Value, uniforms: Value, augmentation: Augmentation): Value {
  const { policies, image_shape } = augmentation;
  const [rows] = x.type.shape as number[];
  const count = augmentNumbers(augmentation);
  const each = b.ops("Split", [uniforms], { axis: 1, num_outputs: count }, count)
    .map((u) => reshaped(b, u, [rows!, 1, 1, 1]));
  let image = reshaped(b, x, [rows!, ...image_shape]);
  for (const policy of POLICIES) {
    if (policies.includes(policy)) image = APPLY[policy](b, image, each.splice(0, NUMBERS[policy]));
  }
  return reshaped(b, image, x.type.shape as number[]);
}

type Apply = (b: GraphBuilder, x_NCHW: Value, uniforms: readonly Value[]) => Value;

const APPLY: Readonly<Record<AugmentPolicy, Apply>> = {
  color(b, x, [brightness, saturation, contrast]) {
    const number = (value: number) => b.scalar(value, x.type.element);
    const brighter = b.op("Add", [x, b.op("Sub", [brightness!, number(0.5)])]);
    // The mean over the one channel of a grey image is the image.
    const is_grey = x.type.shape[1] === 1;
    const factor = b.op("Mul", [saturation!, number(2)]);
    const saturated = is_grey ? brighter : scaledAround(b, brighter, [1], factor);
    return scaledAround(b, saturated, [1, 2, 3], b.op("Add", [contrast!, number(0.5)]));
  },

  /** A product with a shifted unit matrix on either side. */
  translation(b, x, [down, right]) {
    const [, , rows, columns] = x.type.shape as number[];
    const up_and_down = shifts(b, down!, rows!);
    const left_and_right = b.op("Transpose", [shifts(b, right!, columns!)], { perm: [0, 1, 3, 2] });
    return b.op("MatMul", [b.op("MatMul", [up_and_down, x]), left_and_right]);
  },

  cutout(b, x, [vertical, horizontal]) {
    const [, , rows, columns] = x.type.shape as number[];
    const cut_rows = cut(b, vertical!, rows!, [1, 1, rows!, 1]);
    const cut_columns = cut(b, horizontal!, columns!, [1, 1, 1, columns!]);
    const kept = b.op("Sub", [b.scalar(1, x.type.element), b.op("Mul", [cut_rows, cut_columns])]);
    return b.op("Mul", [x, kept]);
  },
};

/** (x - mean) factor + mean, the mean over these axes of each example. */
function scaledAround(b: GraphBuilder, x: Value, axes: readonly number[], factor: Value): Value {
  const mean = b.op("ReduceMean", [x, b.ints(axes)], { keepdims: 1 });
  return b.op("Add", [b.op("Mul", [b.op("Sub", [x, mean]), factor]), mean]);
}

/** [n, 1, extent, extent]: 1 where column - row is the shift, a whole number from -most to most. */
function shifts(b: GraphBuilder, u: Value, extent: number): Value {
  const { element } = u.type, most = Math.floor(extent * MOST_SHIFT + 0.5);
  const shift = b.op("Sub", [wholeBelow(b, u, 2 * most + 1), b.scalar(most, element)]);
  const differences = Array.from({ length: extent ** 2 }, (_, i) => i % extent - Math.floor(i / extent));
  const grid = b.constant(tensorOf(element, [1, 1, extent, extent], differences));
  return oneWithin(b, b.op("Sub", [grid, shift]), 0.5);
}

/** Of `shape` for each example: 1 within half an extent around a middle that is anywhere, else 0. */
function cut(b: GraphBuilder, u: Value, extent: number, shape: readonly number[]): Value {
  const { element } = u.type, size = Math.floor(extent * CUT + 0.5);
  const middle = wholeBelow(b, u, extent + 1 - size % 2);
  const indices = Array.from({ length: extent }, (_, i) => i);
  const grid = b.constant(tensorOf(element, shape, indices));
  // From the middle less size / 2, rounded down, on.
  const from_center = b.scalar(Math.floor(size / 2) - (size - 1) / 2, element);
  return oneWithin(b, b.op("Add", [b.op("Sub", [grid, middle]), from_center]), size / 2);
}

/** A whole number from 0 to count - 1, each as likely. */
function wholeBelow(b: GraphBuilder, u: Value, count: number): Value {
  const { element } = u.type;
  // In float32 the product may round up to the count.
  return b.op("Min", [
    b.op("Floor", [b.op("Mul", [u, b.scalar(count, element)])]),
    b.scalar(count - 1, element),
  ]);
}

function oneWithin(b: GraphBuilder, x: Value, distance: number): Value {
  const number = (value: number) => b.scalar(value, x.type.element);
  return b.op("Where", [b.op("Less", [b.op("Abs", [x]), number(distance)]), number(1), number(0)]);
}

function reshaped(b: GraphBuilder, x: Value, shape: readonly number[]): Value {
  const own = x.type.shape as number[];
  const is_same = own.length === shape.length && numElements(own) === numElements(shape) &&
    own.every((extent, i) => extent === shape[i]);
  return is_same ? x : b.op("Reshape", [x, b.ints(shape)]);
}
