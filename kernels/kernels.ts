/**
 * The fused SIMD passes over flat float32 buffers: sums, the optimizer's update, checksums.
 *
 * Buffers live in the memory of a {@linkcode Kernels} instance; nothing is copied in or out. Arithmetic is float32
 * with one rounding per operation, in the order written here, so the bits are the same on every machine. Only the
 * sign and payload of a NaN may differ.
 */
import { KERNELS_WASM_BASE64 } from "./kernels_wasm.ts";

const PAGE_BYTES = 65536;
const MAX_PAGES = 65535;
/** Bytes of a 32-bit memory without its first page. */
export const MAX_CAPACITY_BYTES = (MAX_PAGES - 1) * PAGE_BYTES;
/** Buffers begin at multiples of a cache line. */
export const ALIGNMENT_BYTES = 64;
const FLOAT_BYTES = 4;

/** Exports of kernels/assembly/. Pointers are byte addresses, `n` counts floats. */
export interface Exports {
  heapBase(): number;
  add(out: number, a: number, b: number, n: number): number;
  firstNonFinite(a: number, n: number): number;
  largest(a: number, n: number): number;
  rmsprop(...pointers_then_length_then_floats: number[]): bigint;
  adam(...pointers_then_length_then_floats: number[]): bigint;
  isFinite(): number;
  movingAverage(e: number, w: number, n: number, keep: number, take: number): void;
  sumOfSquares(a: number, b: number, n: number): number;
  checksumBegin(): void;
  checksumAbsorb(from: number, bytes: number): void;
  checksumEnd(total_bytes: bigint): bigint;
  stream(shard: number, counter: number, purpose: number, key_low: number, key_high: number): void;
  encode8(scales: number, q: number, x: number, n: number): void;
  decode8(x: number, h: number, scales: number, q: number, n: number): void;
  difference8(scales: number, q: number, x: number, h: number, n: number): void;
  encode16(q: number, x: number, n: number): void;
  decode16(x: number, h: number, q: number, n: number): void;
  difference16(q: number, x: number, h: number, n: number): void;
  chachaBlock(out: number, state: number): void;
  polyBegin(key: number): void;
  polyAbsorb(from: number, bytes: number): void;
  polyEnd(tag: number): void;
  projectOnFour(out: number, x: number, u: number, n: number, count: number): void;
  nh(out: number, from: number, bytes: number, key: number): void;
}

const MODULE = new WebAssembly.Module(
  Uint8Array.from(atob(KERNELS_WASM_BASE64), (character) => character.charCodeAt(0)),
);

/** Inputs of every update. All buffers belong to the same {@linkcode Kernels}. */
interface UpdateStep {
  /** Sum of gradients. May be longer than `w`: the rest, a tail, is not touched. */
  readonly a: Float32Array;
  /** A second part of the sum, added first. May be longer than `w`. */
  readonly b: Float32Array | null;
  /** Factor of the sum, 1/S for a mean over S shards. Rounded to float32, as are all below. */
  readonly scale: number;
  /** Weights, changed in place. */
  readonly w: Float32Array;
  /** Running mean of squares, changed in place. As long as `w`. */
  readonly v: Float32Array;
  /** Added outside the root. */
  readonly eps: number;
  /** New weights are clipped to [-clip, clip], clip > 0; null: not clipped. */
  readonly clip: number | null;
}

/** Inputs of one RMSProp update. */
export interface RmspropStep extends UpdateStep {
  readonly lr: number;
  /** Decay of the running mean, 0 to 1. 1 - alpha is taken before it is rounded. */
  readonly alpha: number;
}

/** Inputs of one Adam update. `rate` and `eps` include both bias corrections. */
export interface AdamStep extends UpdateStep {
  /** Running mean of gradients, changed in place. As long as `w`. */
  readonly m: Float32Array;
  readonly rate: number;
  /** Decay of the running means, 0 to 1. 1 - beta is taken before it is rounded. */
  readonly beta1: number;
  readonly beta2: number;
}

/** Outcome of an update. */
export interface Updated {
  /** {@linkcode Kernels.checksum} of the new weights. */
  readonly checksum: string;
  /** True if all running means of squares are finite, and 0 or more. */
  readonly is_finite: boolean;
}

/** One instance owns one WebAssembly memory, which never grows: views of it stay valid. */
export class Kernels {
  readonly #memory: WebAssembly.Memory;
  readonly #wasm: Exports;
  #free: number;

  private constructor(memory: WebAssembly.Memory) {
    this.#memory = memory;
    this.#wasm = new WebAssembly.Instance(MODULE, { env: { memory } }).exports as unknown as Exports;
    this.#free = align(this.#wasm.heapBase(), ALIGNMENT_BYTES);
  }

  /**
   * A memory for at least so many bytes of buffers. Each buffer takes its length rounded up to a multiple of 64 bytes.
   * Throws RangeError when it cannot be had (the limit is just under 4 GiB).
   */
  static create(capacity_bytes: number): Kernels {
    const pages = Math.ceil((capacity_bytes + PAGE_BYTES) / PAGE_BYTES);
    if (!(capacity_bytes >= 0 && capacity_bytes <= MAX_CAPACITY_BYTES)) {
      throw new RangeError(
        `Cannot create kernels: capacity must be 0 to ${MAX_CAPACITY_BYTES} bytes, found ${capacity_bytes}`,
      );
    }
    return new Kernels(new WebAssembly.Memory({ initial: pages, maximum: pages }));
  }

  /**
   * A zeroed buffer. It begins at a multiple of `alignment_bytes`, a power of two, and so does whatever comes behind it.
   * Throws RangeError beyond the capacity.
   */
  allocate(num_floats: number, alignment_bytes = ALIGNMENT_BYTES): Float32Array<ArrayBuffer> {
    const begin = align(this.#free, alignment_bytes);
    const left_bytes = this.#memory.buffer.byteLength - begin;
    const bytes = num_floats * FLOAT_BYTES;
    if (!(Number.isSafeInteger(num_floats) && num_floats >= 0 && bytes <= left_bytes)) {
      throw new RangeError(
        `Cannot allocate ${num_floats} floats: ${left_bytes} bytes are left; create the kernels with a larger capacity`,
      );
    }
    const view = new Float32Array(this.#memory.buffer, begin, num_floats);
    this.#free = align(begin + bytes, alignment_bytes);
    return view;
  }

  /** Bytes left to allocate. */
  get left_bytes(): number {
    return this.#memory.buffer.byteLength - this.#free;
  }

  /** True if a view lies in this memory. */
  owns(view: Float32Array | Uint8Array): boolean {
    return view.buffer === this.#memory.buffer;
  }

  /**
   * out = a + b, elementwise and of equal lengths. `out` may be `a` or `b` itself. Returns the {@linkcode largest}
   * magnitude of the sums.
   */
  add(out: Float32Array, a: Float32Array, b: Float32Array): number {
    this.#checkLengths(out, a, b);
    this.#checkOverlap(out, a);
    this.#checkOverlap(out, b);
    return this.#wasm.add(this.address(out), this.address(a), this.address(b), out.length);
  }

  /**
   * One pass of RMSProp (no momentum, not centred) over all weights, each operation rounded to float32:
   *
   *     g = scale * (a + b)
   *     v = (alpha * v) + ((1 - alpha) * (g * g))
   *     w = w - ((lr * g) / (sqrt(v) + eps)), clipped to [-clip, clip]
   *
   * Weights and `v` stay finite where they were, all of the mean `g` is below 2^64 in magnitude, and lr is no larger than
   * eps x 2^37: no change is then more than half of the distance from the largest float32 to the next. Where some of `g`
   * is not finite, `is_finite` is false.
   */
  rmsprop(step: RmspropStep): Updated {
    const { a, b, w, v, clip } = step;
    this.#checkUpdate(step, [w, v]);
    return this.#updated(this.#wasm.rmsprop(
      this.address(a),
      b ? this.address(b) : 0,
      this.address(w),
      this.address(v),
      w.length,
      step.scale,
      step.lr,
      step.alpha,
      1 - step.alpha,
      step.eps,
      clip ?? Infinity,
    ));
  }

  /**
   * One pass of Adam (Kingma, Ba 2015, Algorithm 1) over all weights, each operation rounded to float32:
   *
   *     g = scale * (a + b)
   *     m = (beta1 * m) + ((1 - beta1) * g)
   *     v = (beta2 * v) + ((1 - beta2) * (g * g))
   *     w = w - ((rate * m) / (sqrt(v) + eps)), clipped to [-clip, clip]
   *
   * All stays finite as in {@linkcode rmsprop}, where `m` is below 2^64, too.
   */
  adam(step: AdamStep): Updated {
    const { a, b, w, m, v, clip } = step;
    this.#checkUpdate(step, [w, m, v]);
    return this.#updated(this.#wasm.adam(
      this.address(a),
      b ? this.address(b) : 0,
      this.address(w),
      this.address(m),
      this.address(v),
      w.length,
      step.scale,
      step.rate,
      step.beta1,
      1 - step.beta1,
      step.beta2,
      1 - step.beta2,
      step.eps,
      clip ?? Infinity,
    ));
  }

  /**
   * e = (keep * e) + ((1 - keep) * w), each operation rounded to float32; 1 - keep is taken before it is rounded. Both
   * buffers have the same length and lie apart. `keep`: 0 to 1.
   */
  movingAverage(e: Float32Array, w: Float32Array, keep: number): void {
    this.#checkLengths(e, w);
    if (overlap(e, w, e.length)) throw overlapError();
    this.#wasm.movingAverage(this.address(e), this.address(w), e.length, keep, 1 - keep);
  }

  /**
   * Sum of the squares of the first `num_floats` elements of a + b, or of `a` where `b` is null. a + b is rounded to
   * float32, the squares are added in float64: elements 0, 4, 8, ..., then 1, 5, 9, ... and so on as (s0 + s1) + (s2 +
   * s3), then the last ones, fewer than four, in turn. The order is fixed, and so are the bits.
   */
  sumOfSquares(a: Float32Array, b: Float32Array | null, num_floats: number): number {
    for (const { length } of b ? [a, b] : [a]) if (length < num_floats) throw lengthError(num_floats, length);
    return this.#wasm.sumOfSquares(this.address(a), b ? this.address(b) : 0, num_floats);
  }

  #updated(checksum: bigint): Updated {
    return { checksum: hex(checksum), is_finite: this.#wasm.isFinite() !== 0 };
  }

  /**
   * 64 bits of checksum over the bytes of a view of this memory, as 16 hexadecimal digits. Depends on order and
   * length. Finds accidents, not attacks.
   */
  checksum(view: Float32Array | Uint8Array): string {
    this.#wasm.checksumBegin();
    this.#wasm.checksumAbsorb(this.address(view), view.byteLength);
    return hex(this.#wasm.checksumEnd(BigInt(view.byteLength)));
  }

  /** {@linkcode checksum} of bytes that lie elsewhere: they are copied through `buffer`, piece by piece. */
  checksumThrough(buffer: Float32Array, bytes: Uint8Array): string {
    const address = this.address(buffer);
    const window = new Uint8Array(this.#memory.buffer, address, buffer.byteLength);
    this.#wasm.checksumBegin();
    for (let at = 0; at < bytes.length; at += window.length) {
      const piece = bytes.subarray(at, at + window.length);
      window.set(piece);
      this.#wasm.checksumAbsorb(address, piece.length);
    }
    return hex(this.#wasm.checksumEnd(BigInt(bytes.length)));
  }

  /** Index of the first infinity or NaN, -1 if there is none. */
  firstNonFinite(a: Float32Array): number {
    return this.#wasm.firstNonFinite(this.address(a), a.length);
  }

  /** The largest magnitude, 0 of nothing; NaN where there is one. */
  largest(a: Float32Array): number {
    return this.#wasm.largest(this.address(a), a.length);
  }

  /** The functions of the module, over this memory: for what is built upon it. */
  get exports(): Exports {
    return this.#wasm;
  }

  /** Offset of a view in this memory. Throws TypeError for other views. */
  address(view: Float32Array | Uint8Array): number {
    if (!this.owns(view)) {
      throw new TypeError("Cannot compute: each buffer must be allocated by these kernels");
    }
    return view.byteOffset;
  }

  /** `written`: the buffers that change, which must lie apart from each other and from the sums. */
  #checkUpdate({ a, b, w, clip }: UpdateStep, written: readonly Float32Array[]): void {
    this.#checkLengths(w, ...written);
    const sums = b ? [a, b] : [a];
    for (const { length } of sums) if (length < w.length) throw lengthError(w.length, length);
    if (clip !== null && !(clip > 0)) {
      throw new RangeError(`Cannot clip: clip must be above 0, found ${clip}`);
    }
    written.forEach((out, i) => {
      const others = [...written.slice(0, i), ...sums];
      if (others.some((other) => overlap(out, other, w.length))) throw overlapError();
    });
  }

  #checkLengths(first: Float32Array, ...others: Float32Array[]): void {
    for (const { length } of others) {
      if (length !== first.length) throw lengthError(first.length, length);
    }
  }

  #checkOverlap(out: Float32Array, input: Float32Array): void {
    if (out.byteOffset !== input.byteOffset && overlap(out, input, out.length)) throw overlapError();
  }
}

const SCRATCH_BYTES = 65536;
const SCRATCH = Kernels.create(SCRATCH_BYTES);
const SCRATCH_BUFFER = SCRATCH.allocate(SCRATCH_BYTES / FLOAT_BYTES);

/**
 * {@linkcode Kernels.checksum} of any bytes, of any length.
 *
 * @example
 * ```ts
 * import { checksumBytes } from "@wagon/wagon/wire";
 *
 * console.assert(checksumBytes(Uint8Array.of(1, 2)) !== checksumBytes(Uint8Array.of(2, 1)));
 * ```
 */
export function checksumBytes(bytes: Uint8Array): string {
  return SCRATCH.checksumThrough(SCRATCH_BUFFER, bytes);
}

/** {@linkcode Kernels.largest} of values that lie anywhere. */
export function largestOf(values: Float32Array): number {
  let largest = 0;
  for (let at = 0; at < values.length; at += SCRATCH_BUFFER.length) {
    const piece = values.subarray(at, at + SCRATCH_BUFFER.length);
    SCRATCH_BUFFER.set(piece);
    largest = Math.max(largest, SCRATCH.largest(SCRATCH_BUFFER.subarray(0, piece.length)));
  }
  return largest;
}

function align(address: number, alignment_bytes: number): number {
  return Math.ceil(address / alignment_bytes) * alignment_bytes;
}

/** True if the first `num_floats` of two views share memory. */
function overlap(a: Float32Array, b: Float32Array, num_floats: number): boolean {
  const bytes = num_floats * FLOAT_BYTES;
  return a.buffer === b.buffer && a.byteOffset < b.byteOffset + bytes && b.byteOffset < a.byteOffset + bytes;
}

function lengthError(required: number, found: number): RangeError {
  return new RangeError(`Cannot compute: buffers must have ${required} elements, found ${found}`);
}

function overlapError(): RangeError {
  return new RangeError("Cannot compute: buffers that are written must not overlap others");
}

function hex(checksum: bigint): string {
  return BigInt.asUintN(64, checksum).toString(16).padStart(16, "0");
}
