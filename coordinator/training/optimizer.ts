/**
 * How summed gradients become new weights: the choice of the optimizer, and one fused pass for each. What a step
 * does depends on the weights, the optimizer's state and the number of the update alone, so a resumed run goes on
 * to the same bits.
 */
import type { Before, Kernels, Updated } from "../../kernels/kernels.ts";
import { powerOfInteger } from "../../random/special.ts";
import type { Adam, Optimizer } from "../config/optimizers.ts";
import type { NodeSum } from "./averaging.ts";

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

export interface UpdateOptions {
  readonly lr: number;
  /** Bound of every parameter after the step, or null for none. */
  readonly clip: number | null;
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

/** A rate above so many times eps may carry a weight past the largest float32: see `is_finite` of kernels.ts. */
const MAX_RATE_PER_EPS = 2 ** 37;

/**
 * Mean of the summed gradients, optimizer and clip in one pass. Where `is_finite` is false, the network is as it was: an
 * update that leaves an infinity or NaN anywhere is no update.
 */
export function optimize(
  kernels: Kernels,
  optimizer: Optimizer,
  network: Trained,
  sum: NodeSum,
  scale: number,
  options: UpdateOptions,
): Updated {
  const { parameters: w, square_average: v, average: m } = network;
  const before: Before = { w: sum.places[0], v: sum.places[1], m: sum.places[2] };
  const { lr: rate, eps } = factorsOf(optimizer, options);
  const step = { a: sum.a, b: sum.b, scale, w, v, clip: options.clip, before, eps };
  const updated = optimizer.kind === "rmsprop"
    ? kernels.rmsprop({ ...step, lr: rate, alpha: optimizer.alpha })
    : kernels.adam({ ...step, m: m!, rate, beta1: optimizer.beta1, beta2: optimizer.beta2 });
  const is_finite = updated.is_finite && (rate <= MAX_RATE_PER_EPS * eps || kernels.firstNonFinite(w) < 0);
  if (!is_finite) {
    w.set(before.w.subarray(0, w.length));
    v.set(before.v.subarray(0, w.length));
    if (optimizer.kind === "adam") m!.set(before.m.subarray(0, w.length));
  }
  return { ...updated, is_finite };
}

function factorsOf(optimizer: Optimizer, { lr, update }: UpdateOptions): { lr: number; eps: number } {
  if (optimizer.kind === "rmsprop") return { lr, eps: optimizer.eps };
  const { rate, eps } = adamFactors(optimizer, lr, update);
  return { lr: rate, eps };
}
