import { log } from "./special.ts";

/**
 * The standard normal number of a uniform 32-bit word: the inverse of the normal distribution function at
 * p = (word + 1/2) / 2^32, by the rational functions of Wichura 1988 (Algorithm AS 241, PPND16; relative error
 * about 1e-16 of the true quantile). Symmetric: complementing the word's bits negates the result. The largest
 * magnitude is 6.34 (p = 2^-33), so the far-tail branch of AS 241 (beyond 6.9) is not needed.
 */
export function normalOfWord(word: number): number {
  const q = (word + 0.5) / 0x1_0000_0000 - 0.5; // exact, as is the tail below
  return q <= 0.425 && q >= -0.425 ? central(q) : q < 0 ? -upperTail(0.5 + q) : upperTail(0.5 - q);
}

/** The quantile at 1/2 + q for |q| <= 0.425. */
function central(q: number): number {
  const r = 0.180625 - q * q;
  const numerator = ((((((2.5090809287301226727e+3 * r + 3.3430575583588128105e+4) * r +
                        6.7265770927008700853e+4) * r + 4.5921953931549871457e+4) * r +
                1.3731693765509461125e+4) * r +
            1.9715909503065514427e+3) * r + 1.3314166789178437745e+2) * r + 3.3871328727963666080;
  const denominator = ((((((5.2264952788528545610e+3 * r + 2.8729085735721942674e+4) * r +
                        3.9307895800092710610e+4) * r + 2.1213794301586595867e+4) * r +
                5.3941960214247511077e+3) * r +
            6.8718700749205790830e+2) * r + 4.2313330701600911252e+1) * r + 1;
  return q * numerator / denominator;
}

/** The quantile at 1 - p for a small p: 0.075 down to exp(-25). */
function upperTail(p: number): number {
  const r = Math.sqrt(-log(p)) - 1.6;
  const numerator = ((((((7.74545014278341407640e-4 * r + 2.27238449892691845833e-2) * r +
                        2.41780725177450611770e-1) * r + 1.27045825245236838258) * r +
                3.64784832476320460504) * r +
            5.76949722146069140550) * r + 4.63033784615654529590) * r + 1.42343711074968357734;
  const denominator = ((((((1.05075007164441684324e-9 * r + 5.47593808499534494600e-4) * r +
                        1.51986665636164571966e-2) * r + 1.48103976427480074590e-1) * r +
                6.89767334985100004550e-1) * r +
            1.67638483018380384940) * r + 2.05319162663775882187) * r + 1;
  return numerator / denominator;
}
