/**
 * The end of a round of local steps: the learners' states are averaged, and the outer step moves the run's weights from
 * where the round began (algorithm.md, "Local steps").
 */
import type { Kernels } from "../kernels/kernels.ts";
import type { NodeSum } from "./optimizer.ts";

/** Settings of the outer step. */
export interface OuterSettings {
  readonly outer_lr: number;
  /** Nesterov's momentum, [0, 1); 0: none. */
  readonly outer_momentum: number;
}

/** True if the outer step leaves the mean as it is. */
export function isPlain({ outer_lr, outer_momentum }: OuterSettings): boolean {
  return outer_lr === 1 && outer_momentum === 0;
}

/** The mean over `count` learners of their sum, which takes its place in `a`. */
export function meanOfSum(kernels: Kernels, { a, b }: NodeSum, count: number): Float32Array<ArrayBuffer> {
  if (b !== null) kernels.add(a, a, b);
  // Exact but for subnormal numbers: the count is a power of two.
  const scale = 1 / count;
  if (count > 1) { for (let i = 0; i < a.length; i++) a[i]! *= scale; }
  return a as Float32Array<ArrayBuffer>;
}

/**
 * Turns the mean of the learners' weights into the run's new ones, in place. Douillard et al., "DiLoCo" 2023
 * (arXiv:2311.08105), Algorithm 1 with Nesterov momentum as PyTorch's SGD has it, each operation rounded to float32:
 *
 *     d = mean - start, m = momentum m + d, w = start + lr (d + momentum m), clipped to [-clip, clip]
 *
 * `velocity` is m, changed in place; null without momentum. Where the step is plain, w is the mean.
 */
export function outerStep(
  mean: Float32Array,
  start: Float32Array,
  velocity: Float32Array | null,
  outer: OuterSettings,
  clip: number | null,
): void {
  // A mean of clipped numbers is within their bounds.
  if (isPlain(outer)) return;
  move(mean, start, velocity, outer);
  if (clip === null) return;
  const bound = Math.fround(clip);
  for (let i = 0; i < mean.length; i++) mean[i] = Math.min(bound, Math.max(-bound, mean[i]!));
}

function move(
  mean: Float32Array,
  start: Float32Array,
  velocity: Float32Array | null,
  { outer_lr, outer_momentum }: OuterSettings,
): void {
  const round = Math.fround, lr = round(outer_lr), momentum = round(outer_momentum);
  for (let i = 0; i < mean.length; i++) {
    const w = start[i]!, d = round(mean[i]! - w);
    let change = d;
    if (velocity !== null) {
      const m = velocity[i] = round(round(momentum * velocity[i]!) + d);
      change = round(d + round(momentum * m));
    }
    mean[i] = round(w + round(lr * change));
  }
}
