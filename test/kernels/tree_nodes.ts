/** Every node of a summing tree, as the tests of what makes up a range need them. */
import { split, type TreeNode } from "../../kernels/tree.ts";

/** Children before parents: 2 num_shards - 1 of them, the root last. */
export function treeNodes(num_shards: number): TreeNode[] {
  const below = (begin: number, end: number): TreeNode[] => {
    if (end - begin === 1) return [{ begin, end }];
    const middle = split(begin, end);
    return [...below(begin, middle), ...below(middle, end), { begin, end }];
  };
  return below(0, num_shards);
}
