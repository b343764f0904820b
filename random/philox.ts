/**
 * Every random number of a run: Philox 4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy
 * as 1, 2, 3", SC 2011), a counter-based generator. What is drawn is a pure function of
 * (seed, purpose, counter, shard), never of who draws it or when.
 *
 * A stream's n-th block of four 32-bit words is Philox of the counter words (n, shard, counter, purpose) under
 * the key (low 32 bits of the seed, its high bits). Words are used in order.
 */
import { normalOfWord } from "./normal.ts";

/** Purposes of random numbers. The values are part of the bits of every run: never renumber them. */
export const PURPOSES = {
  init: 1,
  shuffle: 2,
  critic_noise: 3,
  generator_noise: 4,
  dataset: 5,
  holdout: 6,
  sample: 7,
  evaluation: 8,
  probe: 9,
  mixing: 10,
  critic_wire: 11,
  generator_wire: 12,
  critic_dropout: 16,
  generator_dropout: 17,
  fake_dropout: 18,
  label: 24,
  sample_label: 25,
  critic_flip: 40,
  generator_flip: 41,
  critic_augment: 42,
  generator_augment: 43,
} as const;
export type Purpose = keyof typeof PURPOSES;

/** Names one stream. `seed`: 0 to 2^53 - 1. `counter`, `shard`: 0 to 2^32 - 1. */
export interface StreamKey {
  readonly seed: number;
  readonly purpose: Purpose;
  readonly counter: number;
  readonly shard: number;
}

const LAST_WORD = 0xffff_ffff;
const TWO_32 = 0x1_0000_0000;

/** The high 32 bits of the 64-bit product of two 32-bit words, as a signed 32-bit integer. */
function multiplyHigh(a: number, b: number): number {
  const a_low = a & 0xffff, a_high = a >>> 16, b_low = b & 0xffff, b_high = b >>> 16;
  const middle = Math.imul(a_high, b_low) + (Math.imul(a_low, b_low) >>> 16) | 0;
  const lower = Math.imul(a_low, b_high) + (middle & 0xffff) | 0;
  return Math.imul(a_high, b_high) + (middle >>> 16) + (lower >>> 16) | 0;
}

/** Four counter words and two key words (as 32-bit integers) to the four words of `out`. */
export function philoxBlock(
  out: Uint32Array,
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  k0: number,
  k1: number,
): void {
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd251_1f53, c0);
    const high1 = multiplyHigh(0xcd9e_8d57, c2);
    const low0 = Math.imul(0xd251_1f53, c0);
    const low1 = Math.imul(0xcd9e_8d57, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = k0 + 0x9e37_79b9 | 0;
    k1 = k1 + 0xbb67_ae85 | 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

function requireInteger(name: string, value: number, max: number): void {
  if (!Number.isSafeInteger(value) || value < 0 || value > max) {
    throw new RangeError(`A stream's ${name} must be an integer from 0 to ${max}: found ${value}`);
  }
}

/** The numbers of one stream in order: 2^34 words, then a RangeError. `skip`: words to leave out at its begin. */
export class Stream {
  readonly #shard: number;
  readonly #counter: number;
  readonly #purpose: number;
  readonly #key_low: number;
  readonly #key_high: number;
  readonly #words = new Uint32Array(4);
  #used = 4;
  #block = 0;

  /** Throws RangeError when a part of the key is out of range. */
  constructor(key: StreamKey, skip = 0) {
    requireInteger("seed", key.seed, Number.MAX_SAFE_INTEGER);
    requireInteger("counter", key.counter, LAST_WORD);
    requireInteger("shard", key.shard, LAST_WORD);
    this.#shard = key.shard | 0;
    this.#counter = key.counter | 0;
    this.#purpose = PURPOSES[key.purpose];
    this.#key_low = key.seed | 0;
    this.#key_high = Math.floor(key.seed / TWO_32);
    this.#block = Math.floor(skip / 4);
    for (let i = 0; i < skip % 4; i++) this.nextUint32();
  }

  /** The next word: 0 to 2^32 - 1. */
  nextUint32(): number {
    if (this.#used === 4) this.#refill();
    return this.#words[this.#used++]!;
  }

  /** Uniform in [0, 1): a multiple of 2^-53, from two words (27 and 26 of their upper bits). */
  nextUniform(): number {
    const upper = this.nextUint32() >>> 5;
    const lower = this.nextUint32() >>> 6;
    return (upper * 0x400_0000 + lower) / 0x20_0000_0000_0000;
  }

  /** A uniform integer from 0 to n - 1, without bias (words past the last whole multiple of n are skipped). */
  nextBelow(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > TWO_32) {
      throw new RangeError(`A bound must be an integer from 1 to 4294967296: found ${n}`);
    }
    for (;;) {
      const word = this.nextUint32();
      const rest = word % n;
      if (word - rest + n <= TWO_32) return rest;
    }
  }

  /** A standard normal number from one word: {@linkcode normalOfWord}. */
  nextNormal(): number {
    return normalOfWord(this.nextUint32());
  }

  #refill(): void {
    if (this.#block > LAST_WORD) throw new RangeError("A stream has no more than 2^34 words");
    philoxBlock(
      this.#words,
      this.#block++ | 0,
      this.#shard,
      this.#counter,
      this.#purpose,
      this.#key_low,
      this.#key_high,
    );
    this.#used = 0;
  }
}

/** Fills `out` with the stream's standard normal numbers, rounded to float32: one word each, in order, after `skip`. */
export function fillNormal(out: Float32Array, key: StreamKey, skip = 0): void {
  const stream = new Stream(key, skip);
  for (let i = 0; i < out.length; i++) out[i] = stream.nextNormal();
}

/**
 * Fills `out` with uniform numbers of [low, high): float32(low + (high - low) u), u a multiple of 2^-24 from the
 * upper 24 bits of one word each, in order, after `skip`. Rounding may reach `high` unless low and high are powers
 * of two.
 */
export function fillUniform(out: Float32Array, key: StreamKey, low = 0, high = 1, skip = 0): void {
  const stream = new Stream(key, skip);
  const step = (high - low) / 0x100_0000;
  for (let i = 0; i < out.length; i++) out[i] = low + step * (stream.nextUint32() >>> 8);
}

/** 0 to n - 1 in random order (Fisher-Yates from the end; Durstenfeld 1964). */
export function permutation(n: number, key: StreamKey): Uint32Array<ArrayBuffer> {
  const stream = new Stream(key);
  const out = new Uint32Array(n);
  for (let i = 0; i < n; i++) out[i] = i;
  for (let i = n - 1; i > 0; i--) {
    const j = stream.nextBelow(i + 1);
    const moved = out[i]!;
    out[i] = out[j]!;
    out[j] = moved;
  }
  return out;
}
