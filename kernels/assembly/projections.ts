/** Projections of vectors on directions: what projections.ts defines. Pointers are byte addresses. */

const FLOAT: usize = 4;
const DOUBLE: usize = 8;
const VECTOR: usize = 16;

/** Four sums, of every fourth element each, the first with those of the elements behind the last whole vector. */
// @ts-ignore: decorator
@inline
function total(low: v128, high: v128, first: f64): f32 {
  const rest = f64x2.extract_lane(high, 0) + f64x2.extract_lane(high, 1);
  return <f32> ((first + f64x2.extract_lane(low, 1)) + rest);
}

/**
 * out = x . u for `count` vectors of `n` floats each on four directions of float64. Vectors lie one behind the other, and
 * so do directions, and the `count` floats of `out` for each direction.
 */
export function projectOnFour(out: usize, x: usize, u: usize, n: usize, count: usize): void {
  for (let i: usize = 0; i < count; i++) {
    projectOne(out + i * FLOAT, count * FLOAT, x + i * n * FLOAT, u, n);
  }
}

/** `stride`: bytes from a projection on one direction to that on the next. */
function projectOne(out: usize, stride: usize, x: usize, u: usize, n: usize): void {
  const end = n * FLOAT;
  const bytes = n * DOUBLE;
  const u1 = u + bytes;
  const u2 = u1 + bytes;
  const u3 = u2 + bytes;
  let low0 = f64x2.splat(0);
  let high0 = low0;
  let low1 = low0;
  let high1 = low0;
  let low2 = low0;
  let high2 = low0;
  let low3 = low0;
  let high3 = low0;
  let i: usize = 0;
  for (const whole = end & ~(VECTOR - 1); i < whole; i += VECTOR) {
    const four = v128.load(x + i);
    const low = f64x2.promote_low_f32x4(four);
    const high = f64x2.promote_low_f32x4(i32x4.shuffle(four, four, 2, 3, 2, 3));
    const at = i * 2;
    low0 = f64x2.add(low0, f64x2.mul(low, v128.load(u + at)));
    high0 = f64x2.add(high0, f64x2.mul(high, v128.load(u + at, 16)));
    low1 = f64x2.add(low1, f64x2.mul(low, v128.load(u1 + at)));
    high1 = f64x2.add(high1, f64x2.mul(high, v128.load(u1 + at, 16)));
    low2 = f64x2.add(low2, f64x2.mul(low, v128.load(u2 + at)));
    high2 = f64x2.add(high2, f64x2.mul(high, v128.load(u2 + at, 16)));
    low3 = f64x2.add(low3, f64x2.mul(low, v128.load(u3 + at)));
    high3 = f64x2.add(high3, f64x2.mul(high, v128.load(u3 + at, 16)));
  }
  let a0 = f64x2.extract_lane(low0, 0);
  let a1 = f64x2.extract_lane(low1, 0);
  let a2 = f64x2.extract_lane(low2, 0);
  let a3 = f64x2.extract_lane(low3, 0);
  for (; i < end; i += FLOAT) {
    const value = <f64> load<f32>(x + i);
    const at = i * 2;
    a0 += value * load<f64>(u + at);
    a1 += value * load<f64>(u1 + at);
    a2 += value * load<f64>(u2 + at);
    a3 += value * load<f64>(u3 + at);
  }
  store<f32>(out, total(low0, high0, a0));
  store<f32>(out + stride, total(low1, high1, a1));
  store<f32>(out + 2 * stride, total(low2, high2, a2));
  store<f32>(out + 3 * stride, total(low3, high3, a3));
}
