import assert from "node:assert/strict";
import fc from "fast-check";
import { meanAt, TreeSum } from "../../../coordinator/training/averaging.ts";
import type { NodeResult } from "../../../coordinator/fleet/round.ts";
import { Kernels } from "../../../kernels/kernels.ts";
import { split } from "../../../kernels/tree.ts";

const SIZE = 7;

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
        const { a, b } = tree.sum(results);
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
  assert.throws(() => tree.sum([{ begin: 0, end: 2, values }, { begin: 3, end: 4, values }]), {
    message: "No result of shard 2 in a round that counts as complete",
  });
});
