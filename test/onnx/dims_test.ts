import assert from "node:assert/strict";
import fc from "fast-check";
import { broadcast, product, quotient } from "../../onnx/dims.ts";

const dim = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom("N", "M", "K"));
const shape = fc.array(dim, { maxLength: 4 });
const settings = { seed: 20261124, numRuns: 500 };

Deno.test("products have one written form", () => {
  assert.equal(product([]), 1);
  assert.equal(product([2, 3]), 6);
  assert.equal(product(["N", 2, "M", 3]), "6*M*N");
  assert.equal(product([product(["N", 2]), "N"]), "2*N*N");
  assert.equal(product(["N", 0]), 0);
  fc.assert(
    fc.property(shape, shape, (a, b) => {
      assert.equal(product([...a, ...b]), product([...b, ...a]));
      assert.equal(product([product(a), product(b)]), product([...a, ...b]));
    }),
    settings,
  );
});

Deno.test("quotients undo products and refuse the rest", () => {
  assert.equal(quotient("N", 2), undefined);
  assert.equal(quotient(6, "N"), undefined);
  assert.equal(quotient("6*N", 4), undefined);
  assert.equal(quotient("6*N", "2*N"), 3);
  fc.assert(
    fc.property(
      shape,
      shape,
      (a, b) => assert.equal(quotient(product([...a, ...b]), product(a)), product(b)),
    ),
    settings,
  );
});

Deno.test("broadcasting is symmetric, has scalars as its neutral element, and keeps shapes", () => {
  assert.deepEqual(broadcast(["N", 1], [3]), ["N", 3]);
  assert.equal(broadcast(["N"], ["M"]), undefined);
  assert.equal(broadcast(["N"], [2]), undefined);
  assert.deepEqual(broadcast([0], [1]), [0]);
  fc.assert(
    fc.property(shape, shape, (a, b) => {
      assert.deepEqual(broadcast(a, b), broadcast(b, a));
      assert.deepEqual(broadcast(a, []), a);
      assert.deepEqual(broadcast(a, a), a);
    }),
    settings,
  );
});
