/**
 * Rounding of float32 numbers to 8 and 16 bits, and back: what kernels/rounding.ts defines. All pointers are byte
 * addresses, and lengths count floats.
 */

/** Floats that share a scale. A multiple of GROUP. */
const BLOCK: usize = 256;
/** Floats that are rounded at once: four vectors, and as many random words. */
const GROUP: usize = 16;
const FLOAT: usize = 4;
const VECTOR: usize = 16;
/** The largest magnitude of an 8-bit number: -128 is not used. */
const MOST: f32 = 127;
/** The smallest normal float32: a block of nothing larger is rounded to zeros. */
const SMALLEST: f32 = 1.1754943508222875e-38;

const EXPONENT: i32 = 0x7f800000;
const MANTISSA: i32 = 0x007fffff;
const MAGNITUDE: i32 = 0x7fffffff;

/** Sixteen random words in order. */
const words: usize = memory.data(64, 16);
/** Room for the last, partial group and for its rounded numbers. */
const spare_a: usize = memory.data(64, 16);
const spare_q: usize = memory.data(64, 16);

// ---- Philox 4x32-10, as in random/philox.ts: four blocks at once ----

const state: usize = memory.data(64, 16);
const keys: usize = memory.data(8, 16);

/** Names the stream of the random words to come. */
export function stream(shard: u32, counter: u32, purpose: u32, key0: u32, key1: u32): void {
  v128.store(state, i32x4.splat(shard), VECTOR);
  v128.store(state, i32x4.splat(counter), 2 * VECTOR);
  v128.store(state, i32x4.splat(purpose), 3 * VECTOR);
  store<u32>(keys, key0);
  store<u32>(keys, key1, 4);
}

/** The high halves of the products of four words with one. */
// @ts-ignore: decorator
@inline
function multiplyHigh(a: v128, m: v128): v128 {
  const low = i64x2.extmul_low_i32x4_u(a, m);
  const high = i64x2.extmul_high_i32x4_u(a, m);
  return v128.shuffle<i32>(low, high, 1, 3, 5, 7);
}

/** Puts words 16 n to 16 n + 15 of the stream into `words`. */
function draw(n: u32): void {
  const first = n << 2;
  let c0 = i32x4(first, first + 1, first + 2, first + 3);
  let c1 = v128.load(state, VECTOR);
  let c2 = v128.load(state, 2 * VECTOR);
  let c3 = v128.load(state, 3 * VECTOR);
  let k0 = load<u32>(keys);
  let k1 = load<u32>(keys, 4);
  const m0 = i32x4.splat(0xd2511f53);
  const m1 = i32x4.splat(0xcd9e8d57);
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(c0, m0);
    const high1 = multiplyHigh(c2, m1);
    const low0 = i32x4.mul(c0, m0);
    const low1 = i32x4.mul(c2, m1);
    c0 = v128.xor(v128.xor(high1, c1), i32x4.splat(k0));
    c1 = low1;
    c2 = v128.xor(v128.xor(high0, c3), i32x4.splat(k1));
    c3 = low0;
    k0 += 0x9e3779b9;
    k1 += 0xbb67ae85;
  }
  const t0 = v128.shuffle<i32>(c0, c1, 0, 4, 1, 5);
  const t1 = v128.shuffle<i32>(c2, c3, 0, 4, 1, 5);
  const t2 = v128.shuffle<i32>(c0, c1, 2, 6, 3, 7);
  const t3 = v128.shuffle<i32>(c2, c3, 2, 6, 3, 7);
  v128.store(words, v128.shuffle<i64>(t0, t1, 0, 2));
  v128.store(words, v128.shuffle<i64>(t0, t1, 1, 3), VECTOR);
  v128.store(words, v128.shuffle<i64>(t2, t3, 0, 2), 2 * VECTOR);
  v128.store(words, v128.shuffle<i64>(t2, t3, 1, 3), 3 * VECTOR);
}

// ---- scales ----

/** The scale of a block whose largest magnitude has these bits: NaN where that is none, 0 where all become 0. */
function scaleOf(most: v128): f32 {
  const left = max<u32>(i32x4.extract_lane(most, 0), i32x4.extract_lane(most, 1));
  const right = max<u32>(i32x4.extract_lane(most, 2), i32x4.extract_lane(most, 3));
  const bits = max<u32>(left, right);
  if (bits >= <u32> EXPONENT) return NaN;
  const scale = reinterpret<f32>(bits) / MOST;
  return scale < SMALLEST ? 0 : scale;
}

/** Bits of the largest magnitudes of x, or of x - h where h is not null, `n` floats. */
function mostOf(x: usize, h: usize, n: usize): v128 {
  const mask = i32x4.splat(MAGNITUDE);
  let most = i32x4.splat(0);
  const end = n * FLOAT;
  const whole = end & ~(VECTOR - 1);
  let i: usize = 0;
  for (; i < whole; i += VECTOR) {
    const value = h === 0 ? v128.load(x + i) : f32x4.sub(v128.load(x + i), v128.load(h + i));
    most = i32x4.max_u(most, v128.and(value, mask));
  }
  for (; i < end; i += FLOAT) {
    const value = h === 0 ? load<f32>(x + i) : load<f32>(x + i) - load<f32>(h + i);
    most = i32x4.max_u(most, v128.and(f32x4.splat(value), mask));
  }
  return most;
}

// ---- 8 bits ----

/** Four whole numbers as integers of -127 to 127. */
// @ts-ignore: decorator
@inline
function whole(value: v128): v128 {
  return i32x4.trunc_sat_f32x4_s(f32x4.pmax(f32x4.pmin(value, f32x4.splat(MOST)), f32x4.splat(-MOST)));
}

// @ts-ignore: decorator
@inline
function store8(q: usize, a: v128, b: v128, c: v128, d: v128): void {
  v128.store(q, i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d)));
}

/** floor(x / s + u), with u from the words. */
// @ts-ignore: decorator
@inline
function drawn8(x: usize, i: usize, scale: v128): v128 {
  const u = f32x4.mul(
    f32x4.convert_i32x4_s(i32x4.shr_u(v128.load(words + i), 8)),
    f32x4.splat(5.9604644775390625e-8),
  );
  return whole(f32x4.floor(f32x4.add(f32x4.div(v128.load(x + i), scale), u)));
}

/** Rounds a group by chance. */
function group8(q: usize, x: usize, scale: v128): void {
  store8(
    q,
    drawn8(x, 0, scale),
    drawn8(x, 16, scale),
    drawn8(x, 32, scale),
    drawn8(x, 48, scale),
  );
}

/** Rounds x by chance into scales, one a block, and q. `n` floats; q has room for n, no more. */
export function encode8(scales: usize, q: usize, x: usize, n: usize): void {
  for (let at: usize = 0; at < n; at += BLOCK) {
    const count = min<usize>(BLOCK, n - at);
    const scale = scaleOf(mostOf(x + at * FLOAT, 0, count));
    store<f32>(scales + at / BLOCK * FLOAT, scale);
    // Where all become 0, whatever is divided by infinity does.
    const divisor = f32x4.splat(scale === 0 ? Infinity : scale);
    for (let i: usize = 0; i < count; i += GROUP) {
      draw(<u32> ((at + i) / GROUP));
      const from = x + (at + i) * FLOAT, to = q + at + i, rest = count - i;
      if (scale === 0 || scale !== scale) memory.fill(to, 0, min<usize>(rest, GROUP));
      else if (rest >= GROUP) group8(to, from, divisor);
      else {
        memory.fill(spare_a, 0, GROUP * FLOAT);
        memory.copy(spare_a, from, rest * FLOAT);
        group8(spare_q, spare_a, divisor);
        memory.copy(to, spare_q, rest);
      }
    }
  }
}

/** Four floats of 8-bit numbers, times their scale. */
// @ts-ignore: decorator
@inline
function scaled(q: usize, i: usize, scale: v128): v128 {
  const bytes = v128.load32_zero(q + i);
  return f32x4.mul(scale, f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(bytes))));
}

/** x = s q, or, where h is not null, x = h + s q, which must be h then. */
export function decode8(x: usize, h: usize, scales: usize, q: usize, n: usize): void {
  for (let at: usize = 0; at < n; at += BLOCK) {
    const count = min<usize>(BLOCK, n - at);
    const scale = load<f32>(scales + at / BLOCK * FLOAT);
    // Not even the sign of a zero changes then.
    if (scale === 0 && h !== 0) continue;
    const factor = f32x4.splat(scale);
    const end = at + count;
    let i = at;
    for (; i + 4 <= end; i += 4) {
      const value = scaled(q, i, factor);
      const to = i * FLOAT;
      v128.store(x + to, h === 0 ? value : f32x4.add(v128.load(h + to), value));
    }
    for (; i < end; i++) {
      const value = scale * <f32> load<i8>(q + i);
      const to = i * FLOAT;
      store<f32>(x + to, h === 0 ? value : load<f32>(h + to) + value);
    }
  }
}

/** Rounds x - h to the nearest into scales and q, and makes h what it is for whoever decodes them. */
export function difference8(scales: usize, q: usize, x: usize, h: usize, n: usize): void {
  for (let at: usize = 0; at < n; at += BLOCK) {
    const count = min<usize>(BLOCK, n - at);
    const scale = scaleOf(mostOf(x + at * FLOAT, h + at * FLOAT, count));
    store<f32>(scales + at / BLOCK * FLOAT, scale);
    if (scale === 0 || scale !== scale) {
      memory.fill(q + at, 0, count);
      if (scale === 0) continue;
    }
    const factor = f32x4.splat(scale);
    const end = at + count;
    let i = at;
    for (; i + 4 <= end; i += 4) {
      const old = v128.load(h + i * FLOAT);
      const change = f32x4.sub(v128.load(x + i * FLOAT), old);
      const rounded = f32x4.convert_i32x4_s(whole(f32x4.nearest(f32x4.div(change, factor))));
      const narrow = i16x8.narrow_i32x4_s(i32x4.trunc_sat_f32x4_s(rounded), i32x4.splat(0));
      v128.store32_lane(q + i, i8x16.narrow_i16x8_s(narrow, narrow), 0);
      v128.store(h + i * FLOAT, f32x4.add(old, f32x4.mul(factor, rounded)));
    }
    for (; i < end; i++) {
      const old = load<f32>(h + i * FLOAT);
      const change = nearest<f32>((load<f32>(x + i * FLOAT) - old) / scale);
      const rounded = <i32> max<f32>(-MOST, min<f32>(MOST, change));
      store<i8>(q + i, <i8> rounded);
      store<f32>(h + i * FLOAT, old + scale * <f32> rounded);
    }
  }
}

// ---- 16 bits: the upper half of a float32 ----

/** The upper halves of numbers to which something was added: none becomes an infinity, an infinity or NaN stays. */
// @ts-ignore: decorator
@inline
function upper(bits: v128, addend: v128): v128 {
  const exponent = i32x4.splat(EXPONENT);
  const is_special = i32x4.eq(v128.and(bits, exponent), exponent);
  const sum = i32x4.add(bits, addend);
  const is_over = i32x4.eq(v128.and(sum, exponent), exponent);
  const sign = v128.and(bits, i32x4.splat(~MAGNITUDE));
  const finite = v128.bitselect(v128.or(sign, i32x4.splat(0x7f7f0000)), sum, is_over);
  const is_nan = i32x4.gt_s(v128.and(bits, i32x4.splat(MANTISSA)), i32x4.splat(0));
  const special = v128.or(bits, v128.and(is_nan, i32x4.splat(0x00400000)));
  return v128.bitselect(special, finite, is_special);
}

// @ts-ignore: decorator
@inline
function store16(q: usize, i: usize, a: v128, b: v128): void {
  v128.store(q + i, v128.shuffle<i16>(a, b, 1, 3, 5, 7, 9, 11, 13, 15));
}

// @ts-ignore: decorator
@inline
function drawn16(x: usize, i: usize): v128 {
  return upper(v128.load(x + i), i32x4.shr_u(v128.load(words + i), 16));
}

function group16(q: usize, x: usize): void {
  store16(q, 0, drawn16(x, 0), drawn16(x, 16));
  store16(q, 16, drawn16(x, 32), drawn16(x, 48));
}

/** Rounds x by chance into q, of two bytes each. */
export function encode16(q: usize, x: usize, n: usize): void {
  for (let i: usize = 0; i < n; i += GROUP) {
    draw(<u32> (i / GROUP));
    const rest = n - i;
    if (rest >= GROUP) group16(q + 2 * i, x + i * FLOAT);
    else {
      memory.fill(spare_a, 0, GROUP * FLOAT);
      memory.copy(spare_a, x + i * FLOAT, rest * FLOAT);
      group16(spare_q, spare_a);
      memory.copy(q + 2 * i, spare_q, rest * 2);
    }
  }
}

/** x = q, or, where h is not null, x = h + q, which must be h then. */
export function decode16(x: usize, h: usize, q: usize, n: usize): void {
  for (let i: usize = 0; i < n; i++) {
    const value = reinterpret<f32>(<u32> load<u16>(q + 2 * i) << 16);
    const at = i * FLOAT;
    store<f32>(x + at, h === 0 ? value : load<f32>(h + at) + value);
  }
}

/** Rounds x - h to the nearest (ties to even) into q, and makes h what it is for whoever decodes it. */
export function difference16(q: usize, x: usize, h: usize, n: usize): void {
  for (let i: usize = 0; i < n; i++) {
    const at = i * FLOAT;
    const old = load<f32>(h + at);
    const bits = reinterpret<i32>(load<f32>(x + at) - old);
    const half = i32x4.splat(0x7fff + ((bits >> 16) & 1));
    const rounded = i32x4.extract_lane(upper(i32x4.splat(bits), half), 0) & ~0xffff;
    store<u16>(q + 2 * i, <u16> (<u32> rounded >>> 16));
    store<f32>(h + at, old + reinterpret<f32>(rounded));
  }
}
