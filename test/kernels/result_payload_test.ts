import assert from "node:assert/strict";
import fc from "fast-check";
import { Kernels } from "../../kernels/kernels.ts";
import { roundedBytes, type RoundedFormat } from "../../kernels/rounding.ts";
import { packResult, payloadSize, roundingKey, unpackResult } from "../../kernels/result_payload.ts";

const SEED = 20261130;

/** What arrives of a sum. */
function carried(format: RoundedFormat, sum: Float32Array, tail_offset: number, group = 0): Float32Array {
  const parts = { size: sum.length, tail_offset };
  const kernels = Kernels.create(4 * (2 * sum.length + payloadSize(format, parts)) + 4096);
  const [from, to] = [kernels.allocate(sum.length), kernels.allocate(sum.length)];
  const payload = kernels.allocate(payloadSize(format, parts));
  from.set(sum);
  packResult(kernels, format, from, tail_offset, payload, roundingKey(3, "critic", 12, group));
  unpackResult(kernels, format, payload, tail_offset, to);
  return to;
}

const float = fc.float({ min: -2, max: 2, noNaN: true });

for (const format of ["bfloat16", "int8"] as const) {
  Deno.test(`${format}: gradients arrive within a unit, the tail as it was`, () => {
    const gradients = fc.array(float, { minLength: 1, maxLength: 700 });
    const tail = fc.array(fc.float({ noNaN: true }), { maxLength: 5 });
    const property = fc.property(gradients, tail, (gradients, tail) => {
      const sum = Float32Array.of(...gradients, ...tail);
      const found = carried(format, sum, gradients.length);
      assert.deepEqual(found.subarray(gradients.length), sum.subarray(gradients.length));
      gradients.forEach((value, i) => {
        const block = gradients.slice(i - i % 256, i - i % 256 + 256);
        const unit = format === "int8"
          ? Math.max(1.5e-36, Math.max(...block.map(Math.abs)) / 127)
          : Math.max(2 ** -133, Math.abs(value) / 128);
        if (!(Math.abs(found[i]! - value) <= unit * 1.001)) {
          assert.fail(`${value} arrived as ${found[i]}, units of ${unit}`);
        }
      });
    });
    fc.assert(property, { seed: SEED });
  });

  Deno.test(`${format}: a payload has the rounded gradients' bytes and the tail's, and groups round apart`, () => {
    assert.equal(
      4 * payloadSize(format, { size: 533_508, tail_offset: 533_505 }),
      roundedBytes(format, 533_505) + 12,
    );
    const sum = Float32Array.from({ length: 500 }, (_, i) => Math.sin(i));
    assert.deepEqual(carried(format, sum, 497), carried(format, sum, 497));
    assert.notDeepEqual(carried(format, sum, 497, 1), carried(format, sum, 497));
  });
}
