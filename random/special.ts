/**
 * Elementary functions whose bits are the same in every JavaScript engine.
 *
 * `Math.log`, `Math.exp`, `Math.sin`, `Math.cos` and `Math.pow` may differ between engines in the last place.
 * These use only + - x / and comparisons, which IEEE 754 fixes to the bit, so a run's noise, data and weights
 * do not depend on who computed them. Stated errors are measured against 50-digit references in the tests.
 */

const LN2_HIGH = 6.93147180369123816490e-1; // the upper 33 bits of ln 2: products with |k| < 2^20 are exact
const LN2_LOW = 1.90821492927058770002e-10; // ln 2 - LN2_HIGH
const LOG2_E = 1.4426950408889634;
const TWO_PI = 6.283185307179586;
const LN2 = 0.6931471805599453;
const TWO_64 = 0x1_0000_0000 * 0x1_0000_0000;

/**
 * x to the power of a non-negative integer, by repeated squaring. Exact for powers of two within range;
 * otherwise the relative error is at most n x 1.2e-16.
 */
export function powerOfInteger(x: number, n: number): number {
  if (!Number.isSafeInteger(n) || n < 0) {
    throw new RangeError(`An exponent must be an integer of at least 0: found ${n}`);
  }
  let result = 1;
  let square = x;
  for (let left = n; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result *= square;
    square *= square;
  }
  return result;
}

/** Scratch to take a number's exponent: written and read within one call, so it holds no state. */
const float_view = new Float32Array(1);
const bits_view = new Int32Array(float_view.buffer);

/** Natural logarithm; NaN below 0, -Infinity at 0. At most 2 units in the last place off. */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN;
  if (x === Infinity) return x;
  if (x < 1 / TWO_64) return log(x * TWO_64) - 64 * LN2;
  if (x > TWO_64) return log(x / TWO_64) + 64 * LN2;
  // x = 2^exponent m with m in [sqrt(1/2), sqrt 2]: 0x3f3504f3 are the bits of float32 sqrt(1/2).
  float_view[0] = x;
  const exponent = bits_view[0]! - 0x3f35_04f3 >> 23;
  bits_view[0] = 127 - exponent << 23;
  const m = x * float_view[0]!;
  // log m = 2 artanh f with f = (m - 1) / (m + 1), |f| < 0.172: ten terms of the series.
  const f = (m - 1) / (m + 1);
  const s = f * f;
  const tail = s * (1 / 3 + s * (1 / 5 + s * (1 / 7 + s * (1 / 9 + s * (1 / 11 + s * (1 / 13 +
                        s * (1 / 15 + s * (1 / 17 + s * (1 / 19)))))))));
  return exponent * LN2_HIGH + (2 * f + (2 * f * tail + exponent * LN2_LOW));
}

/** 1 / k! for k = 0..17. */
const INVERSE_FACTORIALS = inverseFactorials(18);

function inverseFactorials(count: number): readonly number[] {
  const out: number[] = [];
  for (let k = 0, factorial = 1; k < count; k++, factorial *= k) out.push(1 / factorial);
  return out;
}

/** sum of INVERSE_FACTORIALS[first + stride i] z^i over the entries up to `last`, by Horner's rule. */
function taylor(z: number, first: number, stride: number, last: number): number {
  let sum = 0;
  for (let k = last; k >= first; k -= stride) sum = sum * z + INVERSE_FACTORIALS[k]!;
  return sum;
}

/** e to the power of x. At most 2 units in the last place off; 0 and Infinity past the range. */
export function exp(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 709.8) return Infinity;
  if (x < -745.2) return 0;
  const k = Math.floor(x * LOG2_E + 0.5);
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  const power = 1 + (r + r * r * taylor(r, 2, 1, 13));
  // 2^k in two factors: neither leaves the range, and only the last product can round.
  const half = Math.floor(k / 2);
  return power * powerOfTwo(half) * powerOfTwo(k - half);
}

function powerOfTwo(k: number): number {
  return k < 0 ? powerOfInteger(0.5, -k) : powerOfInteger(2, k);
}

/** sin(2 pi x): x counts turns. Absolute error at most 3e-16. */
export function sinTurns(x: number): number {
  return quarterTurns(x, 0);
}

/** cos(2 pi x): x counts turns. Absolute error at most 3e-16. */
export function cosTurns(x: number): number {
  return quarterTurns(x, 1);
}

/** sin(2 pi (x + shift / 4)), by reduction to an eighth of a turn either side of a multiple of a quarter. */
function quarterTurns(x: number, shift: number): number {
  const quarter = Math.floor(4 * x + 0.5);
  const angle = (x - quarter / 4) * TWO_PI;
  const z = -angle * angle;
  const k = (quarter + shift) % 4;
  const quadrant = k < 0 ? k + 4 : k;
  const value = quadrant % 2 === 0 ? angle + angle * z * taylor(z, 3, 2, 17) : 1 + z * taylor(z, 2, 2, 16);
  return quadrant < 2 ? value : -value;
}
