/**
 * The fused passes over flat float32 buffers, in AssemblyScript (compiled by scripts/build_kernels.ts).
 *
 * All pointers are byte addresses and all lengths are checked by kernels.ts. An update runs block by block: each
 * block of the weights is checksummed while it still is in the first-level cache, so that memory is passed over
 * once. A new optimizer is a `...Block` function and an entry like `rmsprop`.
 */

/** Floats of one block: up to six streams of 4 KiB fit into a first-level cache. A multiple of 16. */
const BLOCK_FLOATS: usize = 1024;
const FLOAT: usize = 4;
const VECTOR: usize = 16;
/** Bytes that the checksum takes at once: four vectors. */
const STRIPE: usize = 64;

/** A vector each for the last, partial vector of up to five streams, or the last, partial stripe. */
const scratch: usize = memory.data(80, 16);
/** The checksum's sixteen lanes, as four vectors. */
const lanes: usize = memory.data(64, 16);

/** First byte that callers may use. */
export function heapBase(): usize {
  return __heap_base;
}

// ---- checksum ----

/**
 * P1 in each lane. It is loaded before a loop: a constant within one is built again at each use, by five instructions.
 */
const multipliers: usize = memory.data<i32>([0x9e3779b1, 0x9e3779b1, 0x9e3779b1, 0x9e3779b1], 16);
const P2: i32 = 0x85ebca77;
const P3: i64 = 0x9e3779b185ebca87;
const P4: i64 = 0xc2b2ae3d27d4eb4f;

/** Starts a checksum. */
export function checksumBegin(): void {
  for (let i: usize = 0; i < STRIPE / FLOAT; i++) {
    store<i32>(lanes + i * FLOAT, (<i32> i + 1) * P2);
  }
}

// @ts-ignore: decorator

function mix(lane: v128, word: v128, multiplier: v128): v128 {
  const product = i32x4.mul(v128.xor(lane, word), multiplier);
  return v128.or(i32x4.shl(product, 13), i32x4.shr_u(product, 19));
}

/** Takes in whole stripes. Four independent multiplications per stripe, then a chain of cheap additions. */
function absorbStripes(from: usize, end: usize): void {
  const p1 = v128.load(multipliers);
  let s0 = v128.load(lanes);
  let s1 = v128.load(lanes, 16);
  let s2 = v128.load(lanes, 32);
  let s3 = v128.load(lanes, 48);
  for (let p = from; p < end; p += STRIPE) {
    s0 = i32x4.add(mix(s0, v128.load(p), p1), s3);
    s1 = i32x4.add(mix(s1, v128.load(p, 16), p1), s0);
    s2 = i32x4.add(mix(s2, v128.load(p, 32), p1), s1);
    s3 = i32x4.add(mix(s3, v128.load(p, 48), p1), s2);
  }
  v128.store(lanes, s0);
  v128.store(lanes, s1, 16);
  v128.store(lanes, s2, 32);
  v128.store(lanes, s3, 48);
}

/** Takes in bytes. Only the last piece of a checksum may have a length that is no multiple of 64: it is padded. */
export function checksumAbsorb(from: usize, bytes: usize): void {
  const rest = bytes & (STRIPE - 1);
  const whole = from + bytes - rest;
  absorbStripes(from, whole);
  if (rest === 0) return;
  memory.fill(scratch, 0, STRIPE);
  memory.copy(scratch, whole, rest);
  absorbStripes(scratch, scratch + STRIPE);
}

/** Ends a checksum over so many bytes: folds lanes and length into 64 bits. */
export function checksumEnd(total_bytes: u64): u64 {
  let hash = <i64> total_bytes * P4;
  for (let i: usize = 0; i < STRIPE; i += 8) {
    hash = rotl<i64>(hash ^ (load<i64>(lanes + i) * P4), 27) * P3;
  }
  hash = (hash ^ (<i64> (<u64> hash >> 33))) * P4;
  hash = (hash ^ (<i64> (<u64> hash >> 29))) * P3;
  return <u64> (hash ^ (<i64> (<u64> hash >> 32)));
}

// ---- sums ----

/** out = a + b, n floats. Returns the {@linkcode largest} of them, which costs nothing beside the memory's time. */
export function add(out: usize, a: usize, b: usize, n: usize): f32 {
  const mask = v128.load(magnitudes);
  const end = n * FLOAT;
  let s0 = i32x4.splat(0);
  let s1 = s0;
  let i: usize = 0;
  for (const whole = end & ~(2 * VECTOR - 1); i < whole; i += 2 * VECTOR) {
    const first = f32x4.add(v128.load(a + i), v128.load(b + i));
    const second = f32x4.add(v128.load(a + i, 16), v128.load(b + i, 16));
    v128.store(out + i, first);
    v128.store(out + i, second, 16);
    s0 = i32x4.max_u(s0, v128.and(first, mask));
    s1 = i32x4.max_u(s1, v128.and(second, mask));
  }
  for (; i < end; i += FLOAT) {
    const sum = load<f32>(a + i) + load<f32>(b + i);
    store<f32>(out + i, sum);
    s0 = i32x4.max_u(s0, v128.and(f32x4.splat(sum), mask));
  }
  return reinterpret<f32>(mostOf(i32x4.max_u(s0, s1)));
}

/** Index of the first infinity or NaN, or -1. */
export function firstNonFinite(a: usize, n: usize): i32 {
  const exponent = i32x4.splat(0x7f800000);
  const end = n * FLOAT;
  const whole = end & ~(VECTOR - 1);
  let i: usize = 0;
  for (; i < whole; i += VECTOR) {
    if (v128.any_true(i32x4.eq(v128.and(v128.load(a + i), exponent), exponent))) break;
  }
  for (; i < end; i += FLOAT) {
    if ((load<i32>(a + i) & 0x7f800000) === 0x7f800000) return <i32> (i / FLOAT);
  }
  return -1;
}

/** All bits but the sign, in each lane. */
const magnitudes: usize = memory.data<i32>([0x7fffffff, 0x7fffffff, 0x7fffffff, 0x7fffffff], 16);

/** The largest magnitude, 0 of none; NaN where there is one. As bits, NaN is above infinity, and that above all else. */
export function largest(a: usize, n: usize): f32 {
  const mask = v128.load(magnitudes);
  const end = a + n * FLOAT;
  let s0 = i32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let p = a;
  for (const stripes = a + ((n * FLOAT) & ~(STRIPE - 1)); p < stripes; p += STRIPE) {
    s0 = i32x4.max_u(s0, v128.and(v128.load(p), mask));
    s1 = i32x4.max_u(s1, v128.and(v128.load(p, 16), mask));
    s2 = i32x4.max_u(s2, v128.and(v128.load(p, 32), mask));
    s3 = i32x4.max_u(s3, v128.and(v128.load(p, 48), mask));
  }
  for (; p < end; p += FLOAT) {
    s0 = i32x4.max_u(s0, v128.and(v128.load32_zero(p), mask));
  }
  return reinterpret<f32>(mostOf(i32x4.max_u(i32x4.max_u(s0, s1), i32x4.max_u(s2, s3))));
}

/** The largest of four unsigned integers. */
function mostOf(lanes: v128): u32 {
  const left = max<u32>(i32x4.extract_lane(lanes, 0), i32x4.extract_lane(lanes, 1));
  const right = max<u32>(i32x4.extract_lane(lanes, 2), i32x4.extract_lane(lanes, 3));
  return max<u32>(left, right);
}

// ---- updates ----

/** The largest squares of an update so far, as bits: they are 0 or more, so these are in the order of the numbers. */
const squares: usize = memory.data(16, 16);

/** True if all running means of squares were finite, and 0 or more, after the last update. */
export function isFinite(): bool {
  return mostOf(v128.load(squares)) < 0x7f800000;
}

/** Four floats of gradient: scale * (a + b), or scale * a where b is null. */
// @ts-ignore: decorator

function gradient(a: usize, b: usize, i: usize, scale: v128): v128 {
  const first = v128.load(a + i);
  return f32x4.mul(scale, b === 0 ? first : f32x4.add(first, v128.load(b + i)));
}

// ---- RMSProp ----

/** Whole vectors of one block, bytes [0, end). Operands of pmin and pmax stand so that a NaN weight stays NaN. */
function rmspropBlock(
  a: usize,
  b: usize,
  w: usize,
  v: usize,
  end: usize,
  scale: f32,
  lr: f32,
  alpha: f32,
  beta: f32,
  eps: f32,
  clip: f32,
): void {
  const scales = f32x4.splat(scale);
  const rates = f32x4.splat(lr);
  const alphas = f32x4.splat(alpha);
  const betas = f32x4.splat(beta);
  const epsilons = f32x4.splat(eps);
  const highs = f32x4.splat(clip);
  const lows = f32x4.splat(-clip);
  let most = v128.load(squares);
  for (let i: usize = 0; i < end; i += VECTOR) {
    const g = gradient(a, b, i, scales);
    const square = f32x4.add(f32x4.mul(alphas, v128.load(v + i)), f32x4.mul(betas, f32x4.mul(g, g)));
    const change = f32x4.div(f32x4.mul(rates, g), f32x4.add(f32x4.sqrt(square), epsilons));
    const weight = f32x4.sub(v128.load(w + i), change);
    most = i32x4.max_u(most, square);
    v128.store(v + i, square);
    v128.store(w + i, f32x4.pmax(f32x4.pmin(weight, highs), lows));
  }
  v128.store(squares, most);
}

/**
 * g = scale (a + b); v = alpha v + beta g^2; w = w - lr g / (sqrt(v) + eps), clipped to [-clip, clip] (infinity:
 * not). b may be null. Returns the checksum of the new weights.
 */
export function rmsprop(
  a: usize,
  b: usize,
  w: usize,
  v: usize,
  n: usize,
  scale: f32,
  lr: f32,
  alpha: f32,
  beta: f32,
  eps: f32,
  clip: f32,
): u64 {
  v128.store(squares, i32x4.splat(0));
  checksumBegin();
  const end = n * FLOAT;
  for (let i: usize = 0; i < end; i += BLOCK_FLOATS * FLOAT) {
    const bytes = min<usize>(BLOCK_FLOATS * FLOAT, end - i);
    const whole = bytes & ~(VECTOR - 1);
    const second = b === 0 ? 0 : b + i;
    rmspropBlock(
      a + i, second, w + i, v + i, whole,
      scale, lr, alpha, beta, eps, clip,
    );
    if (whole < bytes) {
      const at = i + whole;
      const rest = bytes - whole;
      stage(0, a + at, rest);
      if (b !== 0) stage(1, b + at, rest);
      stage(2, w + at, rest);
      stage(3, v + at, rest);
      rmspropBlock(
        staged(0), b === 0 ? 0 : staged(1), staged(2), staged(3), VECTOR,
        scale, lr, alpha, beta, eps, clip,
      );
      unstage(2, w + at, rest);
      unstage(3, v + at, rest);
    }
    checksumAbsorb(w + i, bytes);
  }
  return checksumEnd(end);
}

// ---- Adam ----

/** Whole vectors of one block, bytes [0, end). A NaN weight stays NaN, as in rmspropBlock. */
function adamBlock(
  a: usize,
  b: usize,
  w: usize,
  m: usize,
  v: usize,
  end: usize,
  scale: f32,
  rate: f32,
  beta1: f32,
  rest1: f32,
  beta2: f32,
  rest2: f32,
  eps: f32,
  clip: f32,
): void {
  const scales = f32x4.splat(scale);
  const rates = f32x4.splat(rate);
  const keeps1 = f32x4.splat(beta1);
  const takes1 = f32x4.splat(rest1);
  const keeps2 = f32x4.splat(beta2);
  const takes2 = f32x4.splat(rest2);
  const epsilons = f32x4.splat(eps);
  const highs = f32x4.splat(clip);
  const lows = f32x4.splat(-clip);
  let most = v128.load(squares);
  for (let i: usize = 0; i < end; i += VECTOR) {
    const g = gradient(a, b, i, scales);
    const mean = f32x4.add(f32x4.mul(keeps1, v128.load(m + i)), f32x4.mul(takes1, g));
    const square = f32x4.add(f32x4.mul(keeps2, v128.load(v + i)), f32x4.mul(takes2, f32x4.mul(g, g)));
    const change = f32x4.div(f32x4.mul(rates, mean), f32x4.add(f32x4.sqrt(square), epsilons));
    const weight = f32x4.sub(v128.load(w + i), change);
    v128.store(m + i, mean);
    most = i32x4.max_u(most, square);
    v128.store(v + i, square);
    v128.store(w + i, f32x4.pmax(f32x4.pmin(weight, highs), lows));
  }
  v128.store(squares, most);
}

/**
 * g = scale (a + b); m = beta1 m + rest1 g; v = beta2 v + rest2 g^2; w = w - rate m / (sqrt(v) + eps), clipped to
 * [-clip, clip] (infinity: not). b may be null. Returns the checksum of the new weights.
 */
export function adam(
  a: usize,
  b: usize,
  w: usize,
  m: usize,
  v: usize,
  n: usize,
  scale: f32,
  rate: f32,
  beta1: f32,
  rest1: f32,
  beta2: f32,
  rest2: f32,
  eps: f32,
  clip: f32,
): u64 {
  v128.store(squares, i32x4.splat(0));
  checksumBegin();
  const end = n * FLOAT;
  for (let i: usize = 0; i < end; i += BLOCK_FLOATS * FLOAT) {
    const bytes = min<usize>(BLOCK_FLOATS * FLOAT, end - i);
    const whole = bytes & ~(VECTOR - 1);
    const second = b === 0 ? 0 : b + i;
    adamBlock(
      a + i, second, w + i, m + i, v + i, whole,
      scale, rate, beta1, rest1, beta2, rest2, eps, clip,
    );
    if (whole < bytes) {
      const at = i + whole;
      const rest = bytes - whole;
      stage(0, a + at, rest);
      if (b !== 0) stage(1, b + at, rest);
      stage(2, w + at, rest);
      stage(3, v + at, rest);
      stage(4, m + at, rest);
      adamBlock(
        staged(0), b === 0 ? 0 : staged(1), staged(2), staged(4), staged(3), VECTOR,
        scale, rate, beta1, rest1, beta2, rest2, eps, clip,
      );
      unstage(2, w + at, rest);
      unstage(3, v + at, rest);
      unstage(4, m + at, rest);
    }
    checksumAbsorb(w + i, bytes);
  }
  return checksumEnd(end);
}

// ---- the last, partial vector ----

function staged(stream: usize): usize {
  return scratch + stream * VECTOR;
}

/** Copies the last, partial vector of a stream to its place in the scratch, and zeros behind it. */
function stage(stream: usize, from: usize, bytes: usize): void {
  memory.fill(staged(stream), 0, VECTOR);
  memory.copy(staged(stream), from, bytes);
}

/** Copies it back. */
function unstage(stream: usize, to: usize, bytes: usize): void {
  memory.copy(to, staged(stream), bytes);
}
