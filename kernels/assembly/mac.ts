/**
 * Message authentication (compiled by scripts/build_kernels.ts; kernels/mac.ts says what is made of it): ChaCha20's block
 * and Poly1305 of RFC 8439, and NH of UMAC (RFC 4418, section 5.2), which shortens long messages first.
 *
 * All pointers are byte addresses at multiples of 16; texts are padded with zeros by the caller.
 */

// ---- ChaCha20 (RFC 8439, section 2.3) ----

/** Sixteen words that are mixed. */
const block: usize = memory.data(64, 16);

// @ts-ignore: decorator
@inline
function quarter(a: usize, b: usize, c: usize, d: usize): void {
  let x = load<u32>(block + a), y = load<u32>(block + b), z = load<u32>(block + c), w = load<u32>(block + d);
  x += y;
  w = rotl<u32>(w ^ x, 16);
  z += w;
  y = rotl<u32>(y ^ z, 12);
  x += y;
  w = rotl<u32>(w ^ x, 8);
  z += w;
  y = rotl<u32>(y ^ z, 7);
  store<u32>(block + a, x);
  store<u32>(block + b, y);
  store<u32>(block + c, z);
  store<u32>(block + d, w);
}

/** One block of 64 bytes to `out`, from the state at `state`: constants, key, block counter, nonce; 64 bytes. */
export function chachaBlock(out: usize, state: usize): void {
  memory.copy(block, state, 64);
  for (let i = 0; i < 10; i++) {
    quarter(0, 16, 32, 48);
    quarter(4, 20, 36, 52);
    quarter(8, 24, 40, 56);
    quarter(12, 28, 44, 60);
    quarter(0, 20, 40, 60);
    quarter(4, 24, 44, 48);
    quarter(8, 28, 32, 52);
    quarter(12, 16, 36, 56);
  }
  for (let i: usize = 0; i < 64; i += 4) {
    store<u32>(out + i, load<u32>(block + i) + load<u32>(state + i));
  }
}

// ---- Poly1305 (RFC 8439, section 2.5), in limbs of 26 bits ----

const LIMB: u64 = 0x3ffffff;
/** The accumulator's five limbs, the key r's five, and the key s. */
const h: usize = memory.data(40, 16);
const r: usize = memory.data(40, 16);
const s: usize = memory.data(16, 16);

/** Starts with a one-time key of 32 bytes. */
export function polyBegin(key: usize): void {
  const low = load<u64>(key) & 0x0ffffffc0fffffff;
  const high = load<u64>(key, 8) & 0x0ffffffc0ffffffc;
  store<u64>(r, low & LIMB);
  store<u64>(r, low >> 26 & LIMB, 8);
  store<u64>(r, (low >> 52 | high << 12) & LIMB, 16);
  store<u64>(r, high >> 14 & LIMB, 24);
  store<u64>(r, high >> 40, 32);
  memory.fill(h, 0, 40);
  memory.copy(s, key + 16, 16);
}

/** Takes in whole blocks of 16 bytes. */
export function polyAbsorb(from: usize, bytes: usize): void {
  const r0 = load<u64>(r), r1 = load<u64>(r, 8), r2 = load<u64>(r, 16), r3 = load<u64>(r, 24), r4 = load<u64>(r, 32);
  const s1 = r1 * 5, s2 = r2 * 5, s3 = r3 * 5, s4 = r4 * 5;
  let h0 = load<u64>(h), h1 = load<u64>(h, 8), h2 = load<u64>(h, 16), h3 = load<u64>(h, 24), h4 = load<u64>(h, 32);
  for (const end = from + bytes; from < end; from += 16) {
    const low = load<u64>(from), high = load<u64>(from, 8);
    h0 += low & LIMB;
    h1 += low >> 26 & LIMB;
    h2 += (low >> 52 | high << 12) & LIMB;
    h3 += high >> 14 & LIMB;
    h4 += high >> 40 | 1 << 24;
    const d0 = h0 * r0 + h1 * s4 + h2 * s3 + h3 * s2 + h4 * s1;
    let d1 = h0 * r1 + h1 * r0 + h2 * s4 + h3 * s3 + h4 * s2;
    let d2 = h0 * r2 + h1 * r1 + h2 * r0 + h3 * s4 + h4 * s3;
    let d3 = h0 * r3 + h1 * r2 + h2 * r1 + h3 * r0 + h4 * s4;
    let d4 = h0 * r4 + h1 * r3 + h2 * r2 + h3 * r1 + h4 * r0;
    d1 += d0 >> 26;
    d2 += d1 >> 26;
    d3 += d2 >> 26;
    d4 += d3 >> 26;
    h0 = (d0 & LIMB) + (d4 >> 26) * 5;
    h1 = (d1 & LIMB) + (h0 >> 26);
    h0 &= LIMB;
    h2 = d2 & LIMB;
    h3 = d3 & LIMB;
    h4 = d4 & LIMB;
  }
  store<u64>(h, h0);
  store<u64>(h, h1, 8);
  store<u64>(h, h2, 16);
  store<u64>(h, h3, 24);
  store<u64>(h, h4, 32);
}

/** Writes the tag, 16 bytes. */
export function polyEnd(tag: usize): void {
  let h0 = load<u64>(h), h1 = load<u64>(h, 8), h2 = load<u64>(h, 16), h3 = load<u64>(h, 24), h4 = load<u64>(h, 32);
  // Carries twice: then each limb has 26 bits.
  for (let i = 0; i < 2; i++) {
    h1 += h0 >> 26;
    h0 &= LIMB;
    h2 += h1 >> 26;
    h1 &= LIMB;
    h3 += h2 >> 26;
    h2 &= LIMB;
    h4 += h3 >> 26;
    h3 &= LIMB;
    h0 += (h4 >> 26) * 5;
    h4 &= LIMB;
  }
  // h - p, which counts unless it is negative.
  let g0 = h0 + 5;
  let g1 = h1 + (g0 >> 26);
  let g2 = h2 + (g1 >> 26);
  let g3 = h3 + (g2 >> 26);
  const g4 = h4 + (g3 >> 26) - (1 << 26);
  const keep = <u64> 0 - (g4 >> 63);
  g0 &= LIMB;
  g1 &= LIMB;
  g2 &= LIMB;
  g3 &= LIMB;
  h0 = h0 & keep | g0 & ~keep;
  h1 = h1 & keep | g1 & ~keep;
  h2 = h2 & keep | g2 & ~keep;
  h3 = h3 & keep | g3 & ~keep;
  h4 = h4 & keep | g4 & ~keep;
  const low = h0 | h1 << 26 | h2 << 52;
  const high = h2 >> 12 | h3 << 14 | h4 << 40;
  const sum = low + load<u64>(s);
  store<u64>(tag, sum);
  store<u64>(tag, high + load<u64>(s, 8) + u64(sum < low), 8);
}

// ---- NH (RFC 4418, section 5.2.2) ----

/** Bytes that become one digest of 16. */
const UNIT: usize = 1024;

/**
 * Writes a digest of two sums for each unit of up to 1024 bytes; `bytes` is a multiple of 64. The key has 1040 bytes: the
 * second pass begins at the 16th byte of it.
 */
export function nh(out: usize, from: usize, bytes: usize, key: usize): void {
  for (let at: usize = 0; at < bytes; at += UNIT) {
    const end = from + (at + UNIT < bytes ? at + UNIT : bytes);
    let a = i64x2.splat(0), b = a, c = a, d = a;
    let k = key;
    let k0 = v128.load(k);
    for (let p = from + at; p < end; p += 64) {
      const m0 = v128.load(p), m1 = v128.load(p, 16), m2 = v128.load(p, 32), m3 = v128.load(p, 48);
      const k1 = v128.load(k, 16), k2 = v128.load(k, 32), k3 = v128.load(k, 48), k4 = v128.load(k, 64);
      a = i64x2.add(a, both(i32x4.add(m0, k0), i32x4.add(m1, k1)));
      b = i64x2.add(b, both(i32x4.add(m0, k1), i32x4.add(m1, k2)));
      c = i64x2.add(c, both(i32x4.add(m2, k2), i32x4.add(m3, k3)));
      d = i64x2.add(d, both(i32x4.add(m2, k3), i32x4.add(m3, k4)));
      k0 = k4;
      k += 64;
    }
    store<u64>(out, fold(i64x2.add(a, c)));
    store<u64>(out, fold(i64x2.add(b, d)), 8);
    out += 16;
  }
}

// @ts-ignore: decorator
@inline
function both(x: v128, y: v128): v128 {
  return i64x2.add(i64x2.extmul_low_i32x4_u(x, y), i64x2.extmul_high_i32x4_u(x, y));
}

// @ts-ignore: decorator
@inline
function fold(x: v128): u64 {
  return i64x2.extract_lane(x, 0) + i64x2.extract_lane(x, 1);
}
