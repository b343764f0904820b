import assert from "node:assert/strict";
import fc from "fast-check";
import { Kernels } from "../../kernels/kernels.ts";
import { movingAverageReference, sumOfSquaresReference } from "./reference.ts";

const SEED = 20261130;
const CAPACITY_BYTES = 1 << 18;

/** Buffers of one length, around the sizes of vectors, with numbers of every size. */
const buffers = fc.tuple(fc.nat(40), fc.array(fc.float({ noNaN: true }), { minLength: 5, maxLength: 23 }));

function filled(kernels: Kernels, [length, values]: [number, number[]], start: number): Float32Array {
  const view = kernels.allocate(length);
  return view.map((_, i) => view[i] = values[(i + start) % values.length]!) && view;
}

Deno.test("movingAverage: agrees with the reference bit for bit, tails included", () => {
  const property = fc.property(buffers, fc.constantFrom(0, 0.5, 0.9, 0.9955, 1), (drawn, keep) => {
    const kernels = Kernels.create(CAPACITY_BYTES);
    const e = filled(kernels, drawn, 0), w = filled(kernels, drawn, 3), behind = kernels.allocate(4);
    const expected = movingAverageReference(e, w, keep), before = w.slice();
    kernels.movingAverage(e, w, keep);
    assert.deepEqual(e, expected);
    assert.deepEqual(w, before);
    assert.deepEqual([...behind], [0, 0, 0, 0]);
  });
  fc.assert(property, { seed: SEED });
});

Deno.test("movingAverage: refuses other lengths, and an average in the place of the weights", () => {
  const kernels = Kernels.create(CAPACITY_BYTES), e = kernels.allocate(8);
  assert.throws(() => kernels.movingAverage(e, kernels.allocate(7), 0.5), {
    message: "Cannot compute: buffers must have 8 elements, found 7",
  });
  assert.throws(() => kernels.movingAverage(e, e, 0.5), {
    message: "Cannot compute: buffers that are written must not overlap others",
  });
});

Deno.test("sumOfSquares: agrees with the reference bit for bit, with and without a second summand", () => {
  const property = fc.property(buffers, fc.boolean(), fc.nat(3), (drawn, has_second, spare) => {
    const kernels = Kernels.create(CAPACITY_BYTES);
    const a = filled(kernels, drawn, 0), b = has_second ? filled(kernels, drawn, 2) : null;
    const num_floats = Math.max(0, drawn[0] - spare);
    assert.equal(kernels.sumOfSquares(a, b, num_floats), sumOfSquaresReference(a, b, num_floats));
  });
  fc.assert(property, { seed: SEED });
});

Deno.test("sumOfSquares: refuses what is too short", () => {
  const kernels = Kernels.create(CAPACITY_BYTES);
  assert.throws(() => kernels.sumOfSquares(kernels.allocate(8), kernels.allocate(6), 7), {
    message: "Cannot compute: buffers must have 7 elements, found 6",
  });
});
