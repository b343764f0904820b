/** Layers as ONNX nodes. Shapes: x is [N, features] or [N, features, rows, columns]. They work in its element type. */
import type { GraphBuilder, Value } from "../../onnx/builder.ts";
import type { BatchMoments, TensorSpec } from "./net.ts";
import { numElements } from "../../common/shape.ts";

/** Added to the variance before its root, as PyTorch's default. */
export const BATCH_NORM_EPS = 1e-5;

/** U(-1/sqrt(in), 1/sqrt(in)) for weight [out, in] and bias [out], as torch.nn.Linear. */
export function linearSpecs(name: string, inputs: number, outputs: number): TensorSpec[] {
  const initialiser = { kind: "uniform", bound: 1 / Math.sqrt(inputs) } as const;
  return [
    { name: `${name}.weight`, shape: [outputs, inputs], initialiser },
    { name: `${name}.bias`, shape: [outputs], initialiser },
  ];
}

/**
 * x weight^T + bias, as (weight x^T + bias)^T. ONNX Runtime packs the right-hand matrix of a Gemm anew at each run:
 * so that is x, much smaller than the weight (the generator's forward pass is 1.8 times as fast at 16 rows, 1.2 at
 * 64). The bias goes into the Gemm, which keeps ONNX Runtime from undoing this.
 */
export function linear(
  b: GraphBuilder,
  name: string,
  x: Value,
  weight = b.value(`${name}.weight`),
): Value {
  const column = b.op("Unsqueeze", [b.value(`${name}.bias`), b.ints([1])]);
  const product = b.op("Gemm", [weight, x, column], { transB: 1 });
  return b.op("Transpose", [product], { perm: [1, 0] });
}

export interface ConvolutionOptions {
  /** Length of both axes, in pixels. */
  readonly stride: number;
  readonly padding: number;
}

/** Convolution of x [N, inputs, rows, columns] by weight [outputs, inputs, rows, columns], as torch.nn.Conv2d. */
export function convolution(
  b: GraphBuilder,
  name: string,
  x: Value,
  options: ConvolutionOptions,
  weight = b.value(`${name}.weight`),
): Value {
  return b.op("Conv", [x, weight], windows(options));
}

/** Its transpose: weight [inputs, outputs, rows, columns], as torch.nn.ConvTranspose2d. */
export function transposedConvolution(
  b: GraphBuilder,
  name: string,
  x: Value,
  options: ConvolutionOptions,
  weight = b.value(`${name}.weight`),
): Value {
  return b.op("ConvTranspose", [x, weight], windows(options));
}

function windows({ stride, padding }: ConvolutionOptions) {
  return { strides: [stride, stride], pads: [padding, padding, padding, padding] };
}

/** max(x, 0) + slope min(x, 0); slope 0 is the plain ReLU. */
export function leakyRelu(b: GraphBuilder, x: Value, slope: number): Value {
  return slope === 0 ? b.op("Relu", [x]) : b.op("LeakyRelu", [x], { alpha: slope });
}

/** gamma = 1 and beta = 0, called weight and bias as PyTorch calls them. */
export function batchNormSpecs(name: string, features: number): TensorSpec[] {
  return [
    { name: `${name}.weight`, shape: [features], initialiser: { kind: "constant", value: 1 } },
    { name: `${name}.bias`, shape: [features], initialiser: { kind: "constant", value: 0 } },
  ];
}

export function batchNormStatistics(name: string, features: number): TensorSpec[] {
  return [
    { name: `${name}.running_mean`, shape: [features], initialiser: { kind: "constant", value: 0 } },
    { name: `${name}.running_var`, shape: [features], initialiser: { kind: "constant", value: 1 } },
  ];
}

/**
 * Batch normalisation (Ioffe, Szegedy 2015, Algorithm 1) with the moments of this batch, over all axes but that of
 * the features, as standard operators: ONNX's own BatchNormalization trains on the CPU alone.
 */
export function batchNormTrain(
  b: GraphBuilder,
  name: string,
  x: Value,
): { output: Value; moments: BatchMoments } {
  const { centred, ...moments } = batchMoments(b, x);
  return { output: scaleAndShift(b, affineOf(b, name), centred, moments.variance), moments };
}

/** The moments of this batch, and x minus its mean. */
export function batchMoments(b: GraphBuilder, x: Value): BatchMoments & { readonly centred: Value } {
  const { shape } = x.type;
  const axes = b.ints([...shape.keys()].filter((axis) => axis !== 1));
  const mean = b.op("ReduceMean", [x, axes], { keepdims: 0 });
  const centred = b.op("Sub", [x, perFeature(b, mean, x)]);
  const variance = b.op("ReduceMean", [b.op("Mul", [centred, centred]), axes], { keepdims: 0 });
  const positions = numElements(shape.slice(2).map(Number));
  return { centred, mean, variance, positions };
}

/** Batch normalisation with the running statistics (Algorithm 2). */
export function batchNormInfer(b: GraphBuilder, name: string, x: Value): Value {
  const centred = b.op("Sub", [x, perFeature(b, b.value(`${name}.running_mean`), x)]);
  return scaleAndShift(b, affineOf(b, name), centred, b.value(`${name}.running_var`));
}

/** Layers after the division by the deviation: [features] each. */
export interface Affine {
  readonly scale: Value;
  readonly bias: Value;
  /** Added to the variance before its root. */
  readonly epsilon: number;
}

function affineOf(b: GraphBuilder, name: string): Affine {
  return { scale: b.value(`${name}.weight`), bias: b.value(`${name}.bias`), epsilon: BATCH_NORM_EPS };
}

/** centred * (scale / sqrt(variance + eps)) + bias: the quotient is taken once per feature, not per element. */
export function scaleAndShift(
  b: GraphBuilder,
  { scale, bias, epsilon }: Affine,
  centred: Value,
  variance: Value,
): Value {
  const eps = b.scalar(epsilon, centred.type.element);
  const deviation = b.op("Sqrt", [b.op("Add", [variance, eps])]);
  const factor = b.op("Div", [scale, deviation]);
  const shift = perFeature(b, bias, centred);
  return b.op("Add", [b.op("Mul", [centred, perFeature(b, factor, centred)]), shift]);
}

/** [features] so that it broadcasts along axis 1 of x. */
function perFeature(b: GraphBuilder, values: Value, x: Value): Value {
  const axes = [...x.type.shape.keys()].slice(2).map((axis) => axis - 1);
  return axes.length === 0 ? values : b.op("Unsqueeze", [values, b.ints(axes)]);
}
