/**
 * How summed gradients become new weights: the choice of the optimizer, and one fused pass for each. What a step
 * does depends on the weights, the optimizer's state and the number of the update alone, so a resumed run goes on
 * to the same bits.
 */
import type { Kernels } from "../kernels/kernels.ts";
import { powerOfInteger } from "../random/special.ts";
import type { Adam, Optimizer } from "./optimizers.ts";

/** The sum of a whole round, its last addition left to the fused update: a + b, or a alone. */
export interface NodeSum {
  readonly a: Float32Array;
  readonly b: Float32Array | null;
}

/** Mean of one element of a sum, by the rule of the update: fround(scale) times the root. */
export function meanAt(sum: NodeSum, index: number, scale: number): number {
  const root = sum.b ? Math.fround(sum.a[index]! + sum.b[index]!) : sum.a[index]!;
  return Math.fround(Math.fround(scale) * root);
}

/**
 * Every number of a sum must be below this in magnitude. Then the mean over the shards is, too, however many there are,
 * and its square is finite: so an update never has to be undone.
 */
export const MAGNITUDE_LIMIT = 2 ** 63;

/** Buffers of one network's optimizer, by the names that they have in checkpoints. Each is as long as the weights. */
export const OPTIMIZER_BUFFERS = {
  rmsprop: ["square_average"],
  adam: ["average", "square_average"],
} as const satisfies Record<Optimizer["kind"], readonly string[]>;

/** Decay of the running mean of squared gradients, per update. */
export function squareDecay(optimizer: Optimizer): number {
  return optimizer.kind === "rmsprop" ? optimizer.alpha : optimizer.beta2;
}

/** One network under training. */
export interface Trained {
  readonly parameters: Float32Array;
  /** Running mean of squared gradients. */
  readonly square_average: Float32Array;
  /** Running mean of gradients; null where the optimizer keeps none. */
  readonly average: Float32Array | null;
}

/** An update beside the state, that may become it. */
export interface Made extends Trained {
  /** What the workers will hold; null where that is the parameters. */
  readonly given: Float32Array | null;
}

export interface UpdateOptions {
  readonly lr: number;
  /** Bound of every parameter after the step, or null for none. */
  readonly clip: number | null;
  /** Largest norm of the mean gradient; null or absent: any. */
  readonly clip_grad_norm?: number | null;
  /** Number of this network's update, counted from 1. */
  readonly update: number;
}

/**
 * Adam's two corrections of bias, moved out of the pass over the weights:
 *
 *     lr (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps) = rate m / (sqrt(v) + eps')
 *
 * Only + - x / and the root: the same in every engine.
 */
export function adamFactors(
  { beta1, beta2, eps }: Adam,
  lr: number,
  update: number,
): { rate: number; eps: number } {
  const root = Math.sqrt(1 - powerOfInteger(beta2, update));
  return { rate: lr * root / (1 - powerOfInteger(beta1, update)), eps: eps * root };
}

/** The sum held an infinity or NaN, though its worker had found none: the update has spread it into the state. */
export class DamagedState extends Error {
  override name = "DamagedState";
}

/** A rate above so many times eps may carry a weight past the largest float32: see `rmsprop` of kernels.ts. */
const MAX_RATE_PER_EPS = 2 ** 37;

/**
 * Mean of the summed gradients, optimizer and clip in one pass, and one more before it for the gradient's norm if that is
 * bounded. The mean must be below 2^64 in magnitude. Returns the
 * checksum of the new weights; null where the rate is so large that they are not finite: the network is as it was then.
 * Throws {@linkcode DamagedState} where the mean is not finite.
 */
export function optimize(
  kernels: Kernels,
  optimizer: Optimizer,
  network: Trained,
  sum: NodeSum,
  scale: number,
  options: UpdateOptions,
): string | null {
  const { a, b } = sum, { clip, clip_grad_norm = null } = options;
  const { parameters: w, square_average: v, average: m } = network;
  const { lr: rate, eps } = factorsOf(optimizer, options);
  const restore = rate <= MAX_RATE_PER_EPS * eps ? null : hold(m === null ? [w, v] : [w, v, m]);
  const within = clip_grad_norm === null ? scale : scaleWithin(kernels, sum, w.length, scale, clip_grad_norm);
  const step = { a, b, scale: within, w, v, clip, eps };
  const { checksum, is_finite } = optimizer.kind === "rmsprop"
    ? kernels.rmsprop({ ...step, lr: rate, alpha: optimizer.alpha })
    : kernels.adam({ ...step, m: m!, rate, beta1: optimizer.beta1, beta2: optimizer.beta2 });
  if (!is_finite) throw new DamagedState();
  if (restore === null || kernels.firstNonFinite(w) < 0) return checksum;
  restore();
  return null;
}

/** Added to the norm that a gradient is divided by, as PyTorch's `clip_grad_norm_`. */
const NORM_EPS = 1e-6;

/**
 * The factor of a sum that makes it a mean whose norm is at most `most`: Pascanu, Mikolov, Bengio, "On the difficulty of
 * training recurrent neural networks", 2013 (arXiv:1211.5063), section 3.2. The norm is taken in a fixed order.
 */
function scaleWithin(
  kernels: Kernels,
  { a, b }: NodeSum,
  num_floats: number,
  scale: number,
  most: number,
): number {
  const norm = scale * Math.sqrt(kernels.sumOfSquares(a, b, num_floats));
  const factor = most / (norm + NORM_EPS);
  // A norm that is none is left to the update, which finds it.
  return factor < 1 ? scale * factor : scale;
}

/** Copies buffers. Returns what brings them back. */
function hold(buffers: readonly Float32Array[]): () => void {
  const copies = buffers.map((buffer) => buffer.slice());
  return () => buffers.forEach((buffer, i) => buffer.set(copies[i]!));
}

function factorsOf(optimizer: Optimizer, { lr, update }: UpdateOptions): { lr: number; eps: number } {
  if (optimizer.kind === "rmsprop") return { lr, eps: optimizer.eps };
  const { rate, eps } = adamFactors(optimizer, lr, update);
  return { lr: rate, eps };
}
