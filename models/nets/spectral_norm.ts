/**
 * Spectral normalisation of a weight (Miyato, Kataoka, Koyama, Yoshida 2018, Algorithm 1), as
 * torch.nn.utils.spectral_norm does it: W / sigma with sigma = u^T W v, where u and v come from one
 * step of power iteration and count as constants in the backward pass. u is state beside the parameters.
 */
import type { GraphBuilder, Value } from "../onnx/builder.ts";
import type { TensorSpec } from "./net.ts";

/** Smallest norm that a vector is divided by, as PyTorch's. */
export const SPECTRAL_NORM_EPS = 1e-12;

/** Name of a weight's left vector. */
export function leftVectorName(weight: string): string {
  return `${weight}.u`;
}

/**
 * The left vector of a weight of this shape, as a tensor that the network keeps. All equal at the start: any start
 * that is not orthogonal to the first singular vector comes to it, and `u` is replaced at each step.
 */
export function spectralNormState(weight: string, shape: readonly number[], axis = 0): TensorSpec {
  const extent = shape[axis]!;
  return {
    name: leftVectorName(weight),
    shape: [extent],
    initialiser: { kind: "constant", value: 1 / Math.sqrt(extent) },
  };
}

export interface SpectralNorm {
  /** W / sigma, of the weight's shape. */
  readonly weight: Value;
  /** Left vector after this step [extent of the axis]: the new state. */
  readonly u: Value;
  /** Values that count as constants in the backward pass: names for `constants` of GradientOptions. */
  readonly constants: readonly string[];
}

/**
 * W / sigma in training: one step of power iteration from u, then sigma. `axis` is that of the outputs: 0 for Linear
 * and Conv, 1 for ConvTranspose; the weight counts as a matrix of that axis by all others.
 */
export function spectralNorm(b: GraphBuilder, weight: Value, u: Value, axis = 0): SpectralNorm {
  const matrix = asMatrix(b, weight, axis);
  const v_next = normalised(b, b.op("MatMul", [u, matrix]));
  const u_next = normalised(b, b.op("MatMul", [matrix, v_next]));
  const sigma = b.op("MatMul", [u_next, b.op("MatMul", [matrix, v_next])]);
  return { weight: b.op("Div", [weight, sigma]), u: u_next, constants: [u_next.name, v_next.name] };
}

/**
 * W / sigma as it is used afterwards: u is taken as it is, and v = W^T u / ||W^T u||, so that sigma = ||W^T u||.
 * (PyTorch keeps the v of the last training step instead, with the same sigma once u has settled.)
 */
export function spectralNormInfer(b: GraphBuilder, weight: Value, u: Value, axis = 0): Value {
  const product = b.op("MatMul", [u, asMatrix(b, weight, axis)]);
  return b.op("Div", [weight, norm(b, product)]);
}

/** [extent of the axis, all others] */
function asMatrix(b: GraphBuilder, weight: Value, axis: number): Value {
  const shape = weight.type.shape as readonly number[];
  const perm = [axis, ...shape.keys().filter((other) => other !== axis)];
  const front = axis === 0 ? weight : b.op("Transpose", [weight], { perm });
  return shape.length === 2 ? front : b.op("Reshape", [front, b.ints([shape[axis]!, -1])]);
}

/** x / max(||x||, eps) */
function normalised(b: GraphBuilder, x: Value): Value {
  const eps = b.scalar(SPECTRAL_NORM_EPS, x.type.element);
  return b.op("Div", [x, b.op("Max", [norm(b, x), eps])]);
}

function norm(b: GraphBuilder, x: Value): Value {
  return b.op("Sqrt", [b.op("ReduceSum", [b.op("Mul", [x, x])], { keepdims: 0 })]);
}
