/**
 * The fixed summing tree over a run's shards. A node is a contiguous range of shards; n leaves split at the largest
 * power of two below n. Float32 additions follow this tree whoever computes what, so sums have the same bits.
 */

/** Shards [begin, end). */
export interface TreeNode {
  readonly begin: number;
  readonly end: number;
}

/** The split of a node of two or more leaves: [begin, split) and [split, end). */
export function split(begin: number, end: number): number {
  const num_leaves = end - begin;
  if (!(num_leaves >= 2)) {
    throw new RangeError(`Cannot split shards [${begin}, ${end}): 2 or more are required`);
  }
  return begin + 2 ** (31 - Math.clz32(num_leaves - 1));
}

/** The fewest nodes that make up shards [begin, end), in order. */
export function cover(begin: number, end: number, num_shards: number): TreeNode[] {
  if (!(0 <= begin && begin < end && end <= num_shards)) {
    throw new RangeError(`Cannot cover shards [${begin}, ${end}): there are ${num_shards}`);
  }
  const within = (node: TreeNode): TreeNode[] => {
    if (node.end <= begin || end <= node.begin) return [];
    if (begin <= node.begin && node.end <= end) return [node];
    const middle = split(node.begin, node.end);
    return [...within({ begin: node.begin, end: middle }), ...within({ begin: middle, end: node.end })];
  };
  return within({ begin: 0, end: num_shards });
}

/** True if shards [begin, end) are a node of the tree. */
export function isNode(begin: number, end: number, num_shards: number): boolean {
  return 0 <= begin && begin < end && end <= num_shards && cover(begin, end, num_shards).length === 1;
}

/**
 * The sum at a node. `known` gives the sums that are at hand, of leaves or of whole subtrees; `add` adds a left and
 * a right sum. Throws RangeError if a leaf is reached that is not known.
 */
export function sumTree<T>(
  node: TreeNode,
  known: (node: TreeNode) => T | undefined,
  add: (a: T, b: T) => T,
): T {
  const sum = known(node);
  if (sum !== undefined) return sum;
  const middle = split(node.begin, node.end);
  const left = sumTree({ begin: node.begin, end: middle }, known, add);
  return add(left, sumTree({ begin: middle, end: node.end }, known, add));
}
