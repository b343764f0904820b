/** Numbers of every size and their bits, for the tests of kernels. */
import assert from "node:assert/strict";
import fc from "fast-check";

export const SEED = 20260721;
export const CAPACITY_BYTES = 1 << 20;

export const SPECIAL = [
  0,
  -0,
  1,
  -1,
  Infinity,
  -Infinity,
  NaN,
  1e-45,
  -1e-45,
  1.17549435e-38,
  1e-39,
  3.4028235e38,
  1e20,
  0.01,
];

/** Numbers of every size, with special ones among them. */
export const float = fc.oneof(
  { weight: 4, arbitrary: fc.float({ noNaN: true, min: Math.fround(-0.1), max: Math.fround(0.1) }) },
  { weight: 2, arbitrary: fc.float() },
  { weight: 1, arbitrary: fc.constantFrom(...SPECIAL.map(Math.fround)) },
);

/** Lengths around the sizes of vectors, stripes and blocks, with values that repeat a drawn pattern. */
export const length = fc.oneof(
  fc.nat(70),
  fc.integer({ min: 2040, max: 2056 }),
  fc.integer({ min: 4090, max: 4100 }),
);
export const pattern = fc.array(float, { minLength: 1, maxLength: 37 });

export function fill(view: Float32Array, values: readonly number[], start: number): Float32Array {
  for (let i = 0; i < view.length; i++) view[i] = values[(i + start) % values.length] as number;
  return view;
}

/** Equal bits; any NaN equals any other. */
export function assertSameBits(actual: Float32Array, expected: Float32Array, what: string): void {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < actual.length; i++) {
    if (!Object.is(actual[i], expected[i])) {
      assert.fail(`${what}[${i}] must be ${expected[i]}: found ${actual[i]}`);
    }
  }
}

export function bytesOf(view: Float32Array): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
