/** The squared norm of a sum of gradients: what kernels.ts defines. Pointers are byte addresses, `n` counts floats. */

const FLOAT: usize = 4;
const VECTOR: usize = 16;

/** Upper two floats of a vector in place of the lower two. */
// @ts-ignore: decorator

function upper(x: v128): v128 {
  return i32x4.shuffle(x, x, 2, 3, 2, 3);
}

/**
 * Sum of (a + b)^2 over n floats, or of a^2 where b is null. Each a + b is rounded to float32, all else is float64: four
 * sums, of every fourth element each, then those of the elements behind the last whole vector.
 */
export function sumOfSquares(a: usize, b: usize, n: usize): f64 {
  const end = n * FLOAT;
  let low = f64x2.splat(0);
  let high = low;
  let i: usize = 0;
  for (const whole = end & ~(VECTOR - 1); i < whole; i += VECTOR) {
    const first = v128.load(a + i);
    const sum = b === 0 ? first : f32x4.add(first, v128.load(b + i));
    const left = f64x2.promote_low_f32x4(sum);
    const right = f64x2.promote_low_f32x4(upper(sum));
    low = f64x2.add(low, f64x2.mul(left, left));
    high = f64x2.add(high, f64x2.mul(right, right));
  }
  let total = (f64x2.extract_lane(low, 0) + f64x2.extract_lane(low, 1)) +
    (f64x2.extract_lane(high, 0) + f64x2.extract_lane(high, 1));
  for (; i < end; i += FLOAT) {
    const sum = <f64> (b === 0 ? load<f32>(a + i) : load<f32>(a + i) + load<f32>(b + i));
    total += sum * sum;
  }
  return total;
}
