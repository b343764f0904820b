/** The exponential moving average of weights: what kernels.ts defines. Pointers are byte addresses, `n` counts floats. */

const FLOAT: usize = 4;
const VECTOR: usize = 16;

/** e = keep e + take w, n floats. */
export function movingAverage(e: usize, w: usize, n: usize, keep: f32, take: f32): void {
  const keeps = f32x4.splat(keep);
  const takes = f32x4.splat(take);
  const end = n * FLOAT;
  let i: usize = 0;
  for (const whole = end & ~(VECTOR - 1); i < whole; i += VECTOR) {
    const kept = f32x4.mul(keeps, v128.load(e + i));
    v128.store(e + i, f32x4.add(kept, f32x4.mul(takes, v128.load(w + i))));
  }
  for (; i < end; i += FLOAT) store<f32>(e + i, keep * load<f32>(e + i) + take * load<f32>(w + i));
}
