import assert from "node:assert/strict";
import fc from "fast-check";
import { project } from "../../kernels/projections.ts";
import { projectReference } from "./reference.ts";

const SEED = 20261201;

Deno.test("project: agrees with the reference bit for bit, whatever the lengths and numbers", () => {
  const values = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), {
    minLength: 7,
    maxLength: 29,
  });
  const property = fc.property(
    fc.integer({ min: 1, max: 19 }),
    fc.nat(9),
    fc.nat(9),
    values,
    (n, count, num, drawn) => {
      const vectors = Float32Array.from({ length: n * count }, (_, i) => drawn[i % drawn.length]!);
      const directions = Array.from(
        { length: num },
        (_, j) =>
          Float64Array.from({ length: n }, (_, k) => Math.fround(drawn[(3 * j + k) % drawn.length]!) / 3),
      );
      const found = project(vectors, directions);
      assert.deepEqual(found, directions.map((direction) => projectReference(vectors, direction)));
    },
  );
  fc.assert(property, { seed: SEED });
});

Deno.test("project: vectors that are taken in several pieces", () => {
  const n = 500_003, count = 5;
  const vectors = Float32Array.from({ length: n * count }, (_, i) => i * 7 % 1013 / 1013 - 0.5);
  const directions = [0, 1].map((j) =>
    Float64Array.from({ length: n }, (_, k) => (k * 11 + j) % 997 / 997 - 0.5)
  );
  assert.deepEqual(project(vectors, directions), directions.map((one) => projectReference(vectors, one)));
});
