/** Updates, sums and the largest magnitude, to the bit. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { Kernels, largestOf } from "../../kernels/kernels.ts";
import {
  type AdamNumbers,
  adamReference,
  checksumReference,
  type RmspropNumbers,
  rmspropReference,
} from "./reference.ts";
import { assertSameBits, bytesOf, CAPACITY_BYTES, fill, length, pattern, SEED } from "./special_floats.ts";

const WGAN: RmspropNumbers = { scale: 0.25, lr: 5e-5, alpha: 0.99, eps: 1e-8, clip: 0.01 };
/** Runs one update on fresh kernels; a and b have a tail of `tail` floats. */
function update(
  n: number,
  tail: number,
  values: readonly number[],
  numbers: RmspropNumbers,
  with_b: boolean,
  shift: number,
) {
  const kernels = Kernels.create(CAPACITY_BYTES);
  const buffer = (start: number, more: number) =>
    fill(kernels.allocate(n + more + 3).subarray(shift, shift + n + more), values, start);
  const [a, b, w, v] = [buffer(0, tail), with_b ? buffer(11, tail) : null, buffer(5, 0), buffer(7, 0)];
  const expected = rmspropReference(a, b, w, v, numbers);
  const old = { a: a.slice(), b: b?.slice() };
  const { checksum, is_finite } = kernels.rmsprop({ a, b, w, v, ...numbers });
  assertSameBits(v, expected.v, "v");
  assertSameBits(w, expected.w, "w");
  assertSameBits(a, old.a, "a");
  if (b) assertSameBits(b, old.b!, "b");
  assert.equal(is_finite, expected.v.every((square) => square < Infinity && square >= 0));
  assert.equal(checksum, kernels.checksum(w));
  assert.equal(checksum, checksumReference(bytesOf(w)));
}

Deno.test("rmsprop: agrees with the reference bit for bit, special values and tails included", () => {
  const numbers = fc.record({
    scale: fc.constantFrom(1, 0.25, 1 / 3),
    lr: fc.constantFrom(5e-5, 1, 0),
    alpha: fc.constantFrom(0.99, 0.9, 0, 1),
    eps: fc.constantFrom(1e-8, 0, 1),
    clip: fc.constantFrom(0.01, 1e-40, null),
  });
  const property = fc.property(
    length,
    fc.nat(9),
    pattern,
    numbers,
    fc.boolean(),
    fc.nat(3),
    update,
  );
  fc.assert(property, { seed: SEED, numRuns: 300 });
});

Deno.test("rmsprop: the first step of the WGAN moves weights by ten learning rates and clips", () => {
  const kernels = Kernels.create(CAPACITY_BYTES);
  const [a, w, v] = [6, 4, 4].map((size) => kernels.allocate(size)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  a.set([4, -8, 12, 0, 99, 99]);
  w.set([0, 0, -0.0099, 0.005]);
  kernels.rmsprop({ a, b: null, w, v, ...WGAN });
  // g = 1, -2, 3, 0; v = 0.01 g^2; the change is 5e-5 g / (0.1 |g| + 1e-8), which is 5e-4 sign(g).
  const expected = [-5e-4, 5e-4, -0.01, 0.005];
  // Measured: 3.1e-11; allowed: ten times that.
  expected.forEach((value, i) => assert.ok(Math.abs((w[i] ?? NaN) - value) < 3e-10, `w[${i}] = ${w[i]}`));
  assert.equal(w[2], Math.fround(-0.01));
});

Deno.test("rmsprop: refuses wrong lengths, overlaps, foreign buffers and a clip that is not positive", () => {
  const kernels = Kernels.create(CAPACITY_BYTES);
  const [a, w, v] = [1, 2, 3].map(() => kernels.allocate(8)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const step = { a, b: null, w, v, ...WGAN };
  const length_8 = { name: "RangeError", message: "Cannot compute: buffers must have 8 elements, found 7" };
  assert.throws(() => kernels.rmsprop({ ...step, v: v.subarray(1) }), length_8);
  assert.throws(() => kernels.rmsprop({ ...step, a: a.subarray(1) }), length_8);
  assert.throws(() => kernels.rmsprop({ ...step, b: a.subarray(1) }), length_8);
  const overlap = {
    name: "RangeError",
    message: "Cannot compute: buffers that are written must not overlap others",
  };
  assert.throws(() => kernels.rmsprop({ ...step, v: w }), overlap);
  assert.throws(() => kernels.rmsprop({ ...step, a: w }), overlap);
  assert.throws(() => kernels.rmsprop({ ...step, b: v }), overlap);
  const foreign = {
    name: "TypeError",
    message: "Cannot compute: each buffer must be allocated by these kernels",
  };
  assert.throws(() => kernels.rmsprop({ ...step, a: new Float32Array(8) }), foreign);
  assert.throws(() => kernels.rmsprop({ ...step, v: Kernels.create(64).allocate(8) }), foreign);
  for (const clip of [0, -1, NaN]) {
    assert.throws(() => kernels.rmsprop({ ...step, clip }), {
      name: "RangeError",
      message: `Cannot clip: clip must be above 0, found ${clip}`,
    });
  }
});

/** One Adam update on fresh kernels; a and b have a tail of `tail` floats. */
function adamUpdate(
  n: number,
  tail: number,
  values: readonly number[],
  numbers: AdamNumbers,
  with_b: boolean,
  shift: number,
) {
  const kernels = Kernels.create(CAPACITY_BYTES);
  const buffer = (start: number, more = 0) =>
    fill(kernels.allocate(n + more + 3).subarray(shift, shift + n + more), values, start);
  const [a, b, w, m, v] = [
    buffer(0, tail),
    with_b ? buffer(11, tail) : null,
    buffer(5),
    buffer(3),
    buffer(7),
  ];
  const expected = adamReference(a, b, w, m, v, numbers);
  const old = { a: a.slice(), b: b?.slice() };
  const { checksum, is_finite } = kernels.adam({ a, b, w, m, v, ...numbers });
  assertSameBits(m, expected.m, "m");
  assertSameBits(v, expected.v, "v");
  assertSameBits(w, expected.w, "w");
  assertSameBits(a, old.a, "a");
  if (b) assertSameBits(b, old.b!, "b");
  assert.equal(is_finite, expected.v.every((square) => square < Infinity && square >= 0));
  assert.equal(checksum, kernels.checksum(w));
  assert.equal(checksum, checksumReference(bytesOf(w)));
}

Deno.test("adam: agrees with the reference bit for bit, special values and tails included", () => {
  const numbers = fc.record({
    scale: fc.constantFrom(1, 0.25, 1 / 3),
    rate: fc.constantFrom(2e-4, 1, 0),
    beta1: fc.constantFrom(0.5, 0.9, 0),
    beta2: fc.constantFrom(0.999, 0.9, 0),
    eps: fc.constantFrom(1e-8, 0, 1),
    clip: fc.constantFrom(0.01, 1e-40, null),
  });
  const lengths = fc.oneof(length, fc.integer({ min: 1016, max: 1032 }));
  const property = fc.property(
    lengths,
    fc.nat(9),
    pattern,
    numbers,
    fc.boolean(),
    fc.nat(3),
    adamUpdate,
  );
  fc.assert(property, { seed: SEED, numRuns: 300 });
});

Deno.test("adam: refuses wrong lengths, overlaps and a clip that is not positive", () => {
  const kernels = Kernels.create(CAPACITY_BYTES);
  const [a, w, m, v] = Array.from({ length: 4 }, () => kernels.allocate(8)) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const numbers = { scale: 1, rate: 1, beta1: 0.5, beta2: 0.999, eps: 1e-8, clip: null };
  const step = { a, b: null, w, m, v, ...numbers };
  kernels.adam(step);
  for (const changed of [{ m: m.subarray(1) }, { v: v.subarray(1) }, { a: a.subarray(1) }]) {
    assert.throws(() => kernels.adam({ ...step, ...changed }), {
      name: "RangeError",
      message: "Cannot compute: buffers must have 8 elements, found 7",
    });
  }
  for (const changed of [{ m: w }, { m: v }, { m: a }, { v: a }, { b: m }]) {
    assert.throws(() => kernels.adam({ ...step, ...changed }), {
      name: "RangeError",
      message: "Cannot compute: buffers that are written must not overlap others",
    });
  }
  assert.throws(() => kernels.adam({ ...step, clip: 0 }), {
    message: "Cannot clip: clip must be above 0, found 0",
  });
});

Deno.test("add: agrees with fround, in place too", () => {
  const property = fc.property(
    length,
    pattern,
    fc.constantFrom("new", "a", "b", "both"),
    (n, values, into) => {
      const kernels = Kernels.create(CAPACITY_BYTES);
      const a = fill(kernels.allocate(n), values, 0);
      const b = into === "both" ? a : fill(kernels.allocate(n), values, 3);
      const expected = Float32Array.from(a, (value, i) => Math.fround(value + (b[i] as number)));
      const out = into === "new" ? kernels.allocate(n) : into === "b" ? b : a;
      const largest = kernels.add(out, a, b);
      assertSameBits(out, expected, "sum");
      assert.equal(largest, expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0));
    },
  );
  fc.assert(property, { seed: SEED, numRuns: 200 });
});

Deno.test("add: refuses other lengths and shifted overlaps", () => {
  const kernels = Kernels.create(CAPACITY_BYTES);
  const [a, b] = [kernels.allocate(8), kernels.allocate(8)];
  assert.throws(() => kernels.add(a, b, b.subarray(1)), {
    message: "Cannot compute: buffers must have 8 elements, found 7",
  });
  assert.throws(() => kernels.add(a.subarray(1), a.subarray(0, 7), b.subarray(1)), {
    message: "Cannot compute: buffers that are written must not overlap others",
  });
});

Deno.test("largest: the largest magnitude, wherever it is, infinity and NaN above all", () => {
  const kernels = Kernels.create(CAPACITY_BYTES);
  const buffer = kernels.allocate(41);
  for (const shift of [0, 1, 2, 3]) {
    const view = buffer.subarray(shift, shift + 37).fill(-0.5);
    for (const [value, magnitude] of [[-7, 7], [3e38, 3e38], [-Infinity, Infinity], [NaN, NaN], [-0, 0.5]]) {
      for (let i = 0; i < view.length; i++) {
        view[i] = value!;
        assert.equal(kernels.largest(view), Math.fround(magnitude!));
        assert.equal(kernels.largest(view.subarray(0, i)), i === 0 ? 0 : 0.5);
        assert.equal(kernels.largest(view.subarray(i + 1)), i === 36 ? 0 : 0.5);
        view[i] = -0.5;
      }
    }
  }
});

Deno.test("largest: agrees with the plain maximum; a NaN of either sign counts above infinity", () => {
  const property = fc.property(length, pattern, fc.nat(3), (n, values, shift) => {
    const kernels = Kernels.create(CAPACITY_BYTES);
    const view = fill(kernels.allocate(n + 3).subarray(shift, shift + n), values, 0);
    const expected = view.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    assert.equal(kernels.largest(view), expected);
    assert.equal(largestOf(view.slice()), expected);
  });
  fc.assert(property, { seed: SEED, numRuns: 200 });
  const kernels = Kernels.create(CAPACITY_BYTES);
  const view = kernels.allocate(9).fill(Infinity);
  for (const bits of [0x7fc00000, 0xffc00000, 0x7f800001, 0xffffffff]) {
    new Uint32Array(view.buffer, view.byteOffset, 9)[8] = bits;
    assert.equal(kernels.largest(view), NaN);
  }
});

Deno.test("largestOf: sees every piece of values that lie elsewhere", () => {
  const values = new Float32Array(3 * 16384 + 5);
  for (const at of [0, 16383, 16384, 32768, values.length - 1]) {
    for (const value of [-2, NaN]) {
      values[at] = value;
      assert.equal(largestOf(values), Math.abs(value));
      values[at] = 0;
    }
  }
});

Deno.test("firstNonFinite: finds the first one, wherever it is", () => {
  const kernels = Kernels.create(CAPACITY_BYTES);
  const view = kernels.allocate(41);
  view.fill(3.4028234663852886e38);
  assert.equal(kernels.firstNonFinite(view), -1);
  for (const bad of [NaN, Infinity, -Infinity]) {
    for (let i = view.length - 1; i >= 0; i--) {
      view[i] = bad;
      assert.equal(kernels.firstNonFinite(view), i);
      assert.equal(kernels.firstNonFinite(view.subarray(0, i)), -1);
      if (i > 0) assert.equal(kernels.firstNonFinite(view.subarray(1)), i - 1);
    }
    view.fill(0);
  }
});

Deno.test("buffers begin and end where they are asked to", () => {
  const kernels = Kernels.create(4 * 4096);
  const found = [[3, 64], [1, 4096], [1025, 4096], [2, 64]].map(([floats, alignment]) =>
    kernels.allocate(floats!, alignment)
  );
  const [small, page, pages, behind] = found as [Float32Array, Float32Array, Float32Array, Float32Array];
  assert.equal(small.byteOffset % 64, 0);
  assert.deepEqual([page.byteOffset % 4096, pages.byteOffset], [0, page.byteOffset + 4096]);
  assert.equal(behind.byteOffset, pages.byteOffset + 2 * 4096);
  const left_bytes = kernels.left_bytes;
  assert.equal(kernels.allocate(left_bytes / 4).byteLength, left_bytes);
  assert.throws(() => kernels.allocate(1), RangeError);
});

Deno.test("kernels: buffers are zeroed, aligned, apart, and stay valid", () => {
  const kernels = Kernels.create(1000);
  const [a, b] = [kernels.allocate(5), kernels.allocate(7)];
  for (const view of [a, b]) {
    assert.equal(view.byteOffset % 16, 0);
    assert.ok(view.every((value) => value === 0));
  }
  assert.ok(b.byteOffset >= a.byteOffset + a.byteLength);
  a.fill(1);
  kernels.allocate(200);
  assert.equal(a.length, 5);
  assert.deepEqual([...b], [0, 0, 0, 0, 0, 0, 0]);
});

Deno.test("kernels: the capacity asked for can be had, and beyond it a clear error", () => {
  const kernels = Kernels.create(1 << 20);
  assert.equal(kernels.allocate((1 << 20) / 4).length, 262144);
  assert.throws(() => kernels.allocate(1 << 20), {
    name: "RangeError",
    message:
      /^Cannot allocate 1048576 floats: \d+ bytes are left; create the kernels with a larger capacity$/,
  });
  for (const wrong of [-1, 1.5, NaN, Infinity]) assert.throws(() => kernels.allocate(wrong), RangeError);
  for (const wrong of [-1, NaN, 2 ** 32]) {
    assert.throws(() => Kernels.create(wrong), {
      name: "RangeError",
      message: `Cannot create kernels: capacity must be 0 to 4294836224 bytes, found ${wrong}`,
    });
  }
});
