/** What the kernels compute, in plain JavaScript: the specification that they must meet bit for bit. */

const { fround, imul } = Math;
const P1 = 0x9e3779b1;
const P2 = 0x85ebca77;
const P3 = 0x9e3779b185ebca87n;
const P4 = 0xc2b2ae3d27d4eb4fn;

export interface RmspropNumbers {
  readonly scale: number;
  readonly lr: number;
  readonly alpha: number;
  readonly eps: number;
  readonly clip: number | null;
}

/** New w and v. */
export function rmspropReference(
  a: Float32Array,
  b: Float32Array | null,
  w: Float32Array,
  v: Float32Array,
  numbers: RmspropNumbers,
): { w: Float32Array; v: Float32Array } {
  const [scale, lr, alpha, eps] = [numbers.scale, numbers.lr, numbers.alpha, numbers.eps].map(fround) as [
    number,
    number,
    number,
    number,
  ];
  const beta = fround(1 - numbers.alpha);
  const clip = fround(numbers.clip ?? Infinity);
  const out = { w: w.slice(), v: v.slice() };
  for (let i = 0; i < w.length; i++) {
    const sum = b ? fround(at(a, i) + at(b, i)) : at(a, i);
    const g = fround(scale * sum);
    const square = fround(fround(alpha * at(v, i)) + fround(beta * fround(g * g)));
    const change = fround(fround(lr * g) / fround(fround(Math.sqrt(square)) + eps));
    const weight = fround(at(w, i) - change);
    out.v[i] = square;
    out.w[i] = weight > clip ? clip : weight < -clip ? -clip : weight;
  }
  return out;
}

export interface AdamNumbers {
  readonly scale: number;
  readonly rate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly clip: number | null;
}

/** New w, m and v. */
export function adamReference(
  a: Float32Array,
  b: Float32Array | null,
  w: Float32Array,
  m: Float32Array,
  v: Float32Array,
  numbers: AdamNumbers,
): { w: Float32Array; m: Float32Array; v: Float32Array } {
  const scale = fround(numbers.scale), rate = fround(numbers.rate), eps = fround(numbers.eps);
  const beta1 = fround(numbers.beta1), rest1 = fround(1 - numbers.beta1);
  const beta2 = fround(numbers.beta2), rest2 = fround(1 - numbers.beta2);
  const clip = fround(numbers.clip ?? Infinity);
  const out = { w: w.slice(), m: m.slice(), v: v.slice() };
  for (let i = 0; i < w.length; i++) {
    const sum = b ? fround(at(a, i) + at(b, i)) : at(a, i);
    const g = fround(scale * sum);
    const mean = fround(fround(beta1 * at(m, i)) + fround(rest1 * g));
    const square = fround(fround(beta2 * at(v, i)) + fround(rest2 * fround(g * g)));
    const change = fround(fround(rate * mean) / fround(fround(Math.sqrt(square)) + eps));
    const weight = fround(at(w, i) - change);
    out.m[i] = mean;
    out.v[i] = square;
    out.w[i] = weight > clip ? clip : weight < -clip ? -clip : weight;
  }
  return out;
}

/** Sixteen lanes of 32 bits take 64 bytes at a time, then lanes and length are folded into 64 bits. */
export function checksumReference(bytes: Uint8Array): string {
  const padded = new Uint8Array(Math.ceil(bytes.length / 64) * 64);
  padded.set(bytes);
  const words = new DataView(padded.buffer);
  const lanes = Array.from({ length: 16 }, (_, i) => imul(i + 1, P2));
  for (let stripe = 0; stripe < padded.length; stripe += 64) {
    for (let i = 0; i < 16; i++) {
      const product = imul(lane(lanes, i) ^ words.getInt32(stripe + i * 4, true), P1);
      lanes[i] = (((product << 13) | (product >>> 19)) + lane(lanes, (i + 12) % 16)) | 0;
    }
  }
  return fold(lanes, bytes.length).toString(16).padStart(16, "0");
}

function fold(lanes: number[], length: number): bigint {
  const wrap = (value: bigint) => BigInt.asUintN(64, value);
  let hash = wrap(BigInt(length) * P4);
  for (let i = 0; i < 16; i += 2) {
    const pair = (BigInt(lane(lanes, i + 1) >>> 0) << 32n) | BigInt(lane(lanes, i) >>> 0);
    const mixed = hash ^ wrap(pair * P4);
    hash = wrap(((mixed << 27n) | (mixed >> 37n)) * P3);
  }
  hash = wrap((hash ^ (hash >> 33n)) * P4);
  hash = wrap((hash ^ (hash >> 29n)) * P3);
  return hash ^ (hash >> 32n);
}

function at(array: Float32Array, i: number): number {
  return array[i] as number;
}

function lane(lanes: number[], i: number): number {
  return lanes[i] as number;
}

/** New e. */
export function movingAverageReference(e: Float32Array, w: Float32Array, keep: number): Float32Array {
  const [kept, taken] = [fround(keep), fround(1 - keep)];
  return e.map((value, i) => fround(fround(kept * value) + fround(taken * at(w, i))));
}

/** Sum of (a + b)^2. */
export function sumOfSquaresReference(a: Float32Array, b: Float32Array | null, num_floats: number): number {
  const square = (i: number) => (b ? fround(at(a, i) + at(b, i)) : at(a, i)) ** 2;
  const whole = num_floats - num_floats % 4;
  const lanes = [0, 0, 0, 0];
  for (let i = 0; i < whole; i++) lanes[i % 4]! += square(i);
  let total = (lanes[0]! + lanes[1]!) + (lanes[2]! + lanes[3]!);
  for (let i = whole; i < num_floats; i++) total += square(i);
  return total;
}

/** Dot products of vectors with a direction: four sums in float64, and the rest in the first of them. */
export function projectReference(vectors: Float32Array, direction: Float64Array): Float32Array {
  const n = direction.length, whole = n - n % 4;
  return Float32Array.from({ length: vectors.length / n }, (_, i) => {
    const sums = [0, 0, 0, 0];
    direction.forEach((u, k) => sums[k < whole ? k % 4 : 0]! += vectors[i * n + k]! * u);
    return (sums[0]! + sums[1]!) + (sums[2]! + sums[3]!);
  });
}
