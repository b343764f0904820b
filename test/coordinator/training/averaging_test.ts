import assert from "node:assert/strict";
import fc from "fast-check";
import { meanAt } from "../../../algorithm/optimizer.ts";
import { TreeSum } from "../../../coordinator/training/averaging.ts";
import { PackedResults } from "../../../coordinator/fleet/memory/packed_results.ts";
import type { NodeResult } from "../../../coordinator/fleet/round.ts";
import { Kernels } from "../../../kernels/kernels.ts";
import { split } from "../../../kernels/tree.ts";
import type { Manifest } from "../../../models/manifest.ts";
import { packResult, roundingKey } from "../../../kernels/result_payload.ts";

const SIZE = 7;
/** Gradients of a rounded result, more than one block. */
const TAIL_AT = 300;
const GRAPHS = {
  graphs: Object.fromEntries(
    ["critic_training_model", "generator_training_model"].map((name) => [
      name,
      { size: TAIL_AT + 3, tail_offset: TAIL_AT },
    ]),
  ),
} as unknown as Manifest;

/** The sum as algorithm.md defines it, written plainly. */
function reference(leaves: readonly Float32Array[], begin: number, end: number): Float32Array {
  if (end - begin === 1) return leaves[begin]!;
  let half = 1;
  while (half * 2 < end - begin) half *= 2;
  const left = reference(leaves, begin, begin + half);
  const right = reference(leaves, begin + half, end);
  return left.map((value, i) => Math.fround(value + right[i]!));
}

/** Cuts the tree into nodes at random, as workers with other ranges would. */
function cutTree(begin: number, end: number, cuts: Iterator<boolean>): [number, number][] {
  if (end - begin === 1 || !cuts.next().value) return [[begin, end]];
  const middle = split(begin, end);
  return [...cutTree(begin, middle, cuts), ...cutTree(middle, end, cuts)];
}

/** A copy in the kernels' memory. */
function placed(kernels: Kernels, values: Float32Array): Float32Array {
  const copy = kernels.allocate(values.length);
  copy.set(values);
  return copy;
}

Deno.test("TreeSum gives the bits of the plain tree, whatever nodes arrive, in whatever order", () => {
  const leaf = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), {
    minLength: SIZE,
    maxLength: SIZE,
  });
  const leaves = fc.array(leaf.map((values) => Float32Array.from(values)), { minLength: 1, maxLength: 13 });
  fc.assert(
    fc.property(
      leaves,
      fc.infiniteStream(fc.boolean()),
      fc.infiniteStream(fc.nat()),
      fc.infiniteStream(fc.boolean()),
      (parts, cuts, order, shared) => {
        const n = parts.length;
        const kernels = Kernels.create(TreeSum.bytesNeeded(n, SIZE) + n * (4 * SIZE + 64));
        const tree = new TreeSum(kernels, n, SIZE);
        const results: NodeResult[] = cutTree(0, parts.length, cuts[Symbol.iterator]())
          .map(([begin, end]) => ({ begin, end, values: reference(parts, begin, end) }))
          .map((result) =>
            shared.next().value ? { ...result, values: placed(kernels, result.values) } : result
          )
          .map((result) => ({ result, key: order.next().value as number }))
          .sort((a, b) => a.key - b.key).map(({ result }) => result);
        const { a, b } = tree.sum(results, "critic");
        const found = Float32Array.from(a.subarray(0, SIZE), (value, i) => b ? value + b[i]! : value);
        assert.deepEqual(
          new Uint32Array(found.buffer),
          new Uint32Array(reference(parts, 0, parts.length).slice().buffer),
        );
      },
    ),
    { seed: 21 },
  );
});

Deno.test("meanAt rounds the root, then the product with fround(1/S)", () => {
  const a = Float32Array.of(0.1);
  const b = Float32Array.of(0.7);
  const root = Math.fround(a[0]! + b[0]!);
  assert.equal(meanAt({ a, b }, 0, 1 / 3), Math.fround(Math.fround(1 / 3) * root));
  assert.equal(meanAt({ a, b: null }, 0, 0.25), Math.fround(0.25 * a[0]!));
});

Deno.test("TreeSum refuses results that do not cover the shards", () => {
  const tree = new TreeSum(Kernels.create(TreeSum.bytesNeeded(4, SIZE)), 4, SIZE);
  const values = new Float32Array(SIZE);
  assert.throws(() => tree.sum([{ begin: 0, end: 2, values }, { begin: 3, end: 4, values }], "critic"), {
    message: "No result of shard 2 in a round that counts as complete",
  });
});

for (const format of ["bfloat16", "int8"] as const) {
  Deno.test(`${format}: rounded groups add up as the plain tree over them, in whatever order and memory they come`, () => {
    const shapes = fc.record({ num_groups: fc.integer({ min: 1, max: 9 }), size: fc.constantFrom(1, 2, 4) });
    const property = fc.property(
      shapes,
      fc.nat(1e6),
      fc.infiniteStream(fc.nat()),
      ({ num_groups, size }, salt, order) => {
        const num_shards = num_groups * size;
        const leaves = Array.from(
          { length: num_shards },
          (_, shard) => Float32Array.from({ length: TAIL_AT + 3 }, (_, i) => Math.sin(salt + 31 * shard + i)),
        );
        const bytes = TreeSum.bytesNeeded(num_shards, TAIL_AT + 3) +
          PackedResults.bytesNeeded(GRAPHS, format);
        const kernels = Kernels.create(bytes + (num_groups + 2) * 4 * (TAIL_AT + 80));
        const packed = new PackedResults(kernels, GRAPHS, format);
        const tree = new TreeSum(kernels, num_shards, TAIL_AT + 3, packed);
        const rounded: Float32Array[] = [];
        const results = Array.from({ length: num_groups }, (_, group): NodeResult => {
          const [begin, end] = [group * size, (group + 1) * size];
          const payload = kernels.allocate(packed.payloadSize("critic"));
          const key = roundingKey(1, "critic", 4, group);
          packResult(
            kernels,
            format,
            placed(kernels, reference(leaves, begin, end)),
            TAIL_AT,
            payload,
            key,
          );
          rounded.push(packed.unpack("critic", payload).slice());
          return { begin, end, values: order.next().value % 2 ? payload : payload.slice() };
        });
        const keys = results.map(() => order.next().value);
        const arrived = results.toSorted((a, b) => keys[results.indexOf(a)]! - keys[results.indexOf(b)]!);
        const { a, b } = tree.sum(arrived, "critic");
        const found = Float32Array.from(a.subarray(0, TAIL_AT + 3), (value, i) => b ? value + b[i]! : value);
        // A group's shards are a power of two: the tree over the groups is the upper part of that over the shards.
        assert.deepEqual(found, reference(rounded, 0, num_groups));
      },
    );
    fc.assert(property, { seed: 22, numRuns: 60 });
  });
}
