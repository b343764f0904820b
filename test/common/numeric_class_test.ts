import assert from "node:assert/strict";
import { bitsOf, VARYING_CLASS, whyInexact } from "../../common/numeric_class.ts";

const [A, B] = ["a".repeat(64), "b".repeat(64)];

Deno.test("a run is exact with one class that stays the same", () => {
  assert.equal(bitsOf([]), "exact");
  assert.equal(bitsOf([A]), "exact");
  assert.equal(bitsOf([A, B]), "tolerance");
  assert.equal(bitsOf([VARYING_CLASS]), "tolerance");
});

Deno.test("a worker joins an exact run with the class of those before it", () => {
  assert.equal(whyInexact(A, new Set()), null);
  assert.equal(whyInexact(A, new Set([A])), null);
  assert.equal(
    whyInexact(B, new Set([A])),
    "its numeric class is aaaaaaaaaaaa, this worker's bbbbbbbbbbbb: use the same device kind and ONNX Runtime version",
  );
  assert.match(whyInexact(VARYING_CLASS, new Set())!, /different bits each time/);
  assert.match(whyInexact(VARYING_CLASS, new Set([VARYING_CLASS]))!, /different bits each time/);
});
