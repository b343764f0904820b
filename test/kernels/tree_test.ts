import assert from "node:assert/strict";
import fc from "fast-check";
import { cover, isNode, split, sumTree, type TreeNode } from "../../kernels/tree.ts";
import { treeNodes } from "./tree_nodes.ts";

const SEED = 20260721;
const add = (a: number, b: number) => Math.fround(a + b);
const text = (node: TreeNode) => `${node.begin}-${node.end}`;

Deno.test("split: at the largest power of two below the number of leaves", () => {
  const expected: [number, number][] = [[2, 1], [3, 2], [4, 2], [5, 4], [6, 4], [7, 4], [8, 4], [9, 8], [
    4096,
    2048,
  ]];
  for (const [n, middle] of expected) {
    assert.equal(split(0, n), middle);
    assert.equal(split(10, 10 + n), 10 + middle);
  }
  assert.throws(() => split(3, 4), { message: "Cannot split shards [3, 4): 2 or more are required" });
});

Deno.test("treeNodes: the tree of six shards, children before parents", () => {
  assert.equal(
    treeNodes(6).map(text).join(" "),
    "0-1 1-2 0-2 2-3 3-4 2-4 0-4 4-5 5-6 4-6 0-6",
  );
});

Deno.test("isNode: exactly the nodes of the tree", () => {
  for (let shards = 1; shards <= 20; shards++) {
    const nodes = treeNodes(shards);
    assert.equal(nodes.length, 2 * shards - 1);
    const names = new Set(nodes.map(text));
    for (let begin = -1; begin <= shards + 1; begin++) {
      for (let end = -1; end <= shards + 1; end++) {
        assert.equal(
          isNode(begin, end, shards),
          names.has(text({ begin, end })),
          `${begin}-${end} of ${shards}`,
        );
      }
    }
  }
});

Deno.test("cover: maximal nodes, in order, without gaps", () => {
  for (let shards = 1; shards <= 20; shards++) {
    const nodes = treeNodes(shards);
    for (let begin = 0; begin < shards; begin++) {
      for (let end = begin + 1; end <= shards; end++) {
        const inside = nodes.filter((node) => begin <= node.begin && node.end <= end);
        const maximal = inside.filter((node) =>
          !inside.some((other) => other !== node && other.begin <= node.begin && node.end <= other.end)
        );
        maximal.sort((a, b) => a.begin - b.begin);
        assert.deepEqual(cover(begin, end, shards), maximal);
      }
    }
  }
  assert.throws(() => cover(2, 5, 4), { message: "Cannot cover shards [2, 5): there are 4" });
  assert.throws(() => cover(2, 2, 4), RangeError);
});

Deno.test("sumTree: workers that send the sums of their nodes change no bit", () => {
  const leaves = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), {
    minLength: 1,
    maxLength: 70,
  });
  const property = fc.property(leaves, fc.array(fc.nat(), { maxLength: 6 }), (values, cuts) => {
    const shards = values.length;
    const root = { begin: 0, end: shards };
    const leaf = ({ begin, end }: TreeNode) => end - begin === 1 ? values[begin] : undefined;
    const alone = sumTree(root, leaf, add);
    const bounds = [...new Set([0, shards, ...cuts.map((cut) => cut % (shards + 1))])].sort((a, b) => a - b);
    const sums = new Map<string, number>();
    for (let i = 1; i < bounds.length; i++) {
      for (const node of cover(bounds[i - 1] as number, bounds[i] as number, shards)) {
        sums.set(text(node), sumTree(node, leaf, add));
      }
    }
    const together = sumTree(root, (node) => sums.get(text(node)), add);
    assert.ok(Object.is(together, alone), `${together} and ${alone}`);
  });
  fc.assert(property, { seed: SEED, numRuns: 500 });
});

Deno.test("sumTree: adds in the tree's order and needs every leaf", () => {
  const name = ({ begin, end }: TreeNode) => end - begin === 1 ? String(begin) : undefined;
  const pair = (a: string, b: string) => `(${a}+${b})`;
  assert.equal(sumTree({ begin: 0, end: 7 }, name, pair), "(((0+1)+(2+3))+((4+5)+6))");
  assert.throws(
    () => sumTree({ begin: 0, end: 3 }, (node) => node.begin < 2 ? name(node) : undefined, pair),
    {
      message: "Cannot split shards [2, 3): 2 or more are required",
    },
  );
});
