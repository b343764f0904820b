/** Shards that a relay is asked for: which results make up a node, and which shards it is asked for round by round. Pure. */
import type { TreeNode } from "../kernels/tree.ts";

/** True if all of `inner` is a part of `outer`. */
export function isWithin(inner: TreeNode, outer: TreeNode): boolean {
  return outer.begin <= inner.begin && inner.end <= outer.end;
}

/** The answers that make up a node, in order; null where some are missing. `answers`: by the first shard of each. */
export function coverOf<A extends TreeNode>(
  node: TreeNode,
  answers: ReadonlyMap<number, A>,
): A[] | null {
  const covering: A[] = [];
  for (let at = node.begin; at < node.end;) {
    const next = answers.get(at);
    if (next === undefined || !isWithin(next, node)) return null;
    covering.push(next);
    at = next.end;
  }
  return covering;
}

/**
 * Watches which shards each round asks for, and tells of those that two rounds in a row asked for: a relay's workers keep
 * the data of their shards, and one that helps out in one round must not move them.
 */
export class SpanWatch {
  readonly #changed: (span: TreeNode) => void;
  #key = "";
  /** Of the round under way. */
  #nodes: TreeNode[] = [];
  /** Of the round before. */
  #before: TreeNode | null = null;
  /** Told of last. */
  #span: TreeNode | null = null;

  constructor(changed: (span: TreeNode) => void) {
    this.#changed = changed;
  }

  /** A round begins; the same key again: it goes on. */
  begin(key: string): void {
    if (key === this.#key) return;
    const span = longestOf(this.#nodes);
    this.#key = key;
    this.#nodes = [];
    if (span === null) return;
    if (isSame(span, this.#before)) this.#tell(span);
    this.#before = span;
  }

  /** The round asks for this node, too. */
  asked(node: TreeNode): void {
    this.#nodes.push(node);
    // The first round: it is better to begin with these than with all.
    if (this.#span === null) this.#tell(node);
  }

  #tell(span: TreeNode): void {
    if (isSame(span, this.#span)) return;
    this.#span = span;
    this.#changed(span);
  }
}

function isSame(a: TreeNode, b: TreeNode | null): boolean {
  return a.begin === b?.begin && a.end === b.end;
}

/** The most shards that lie side by side; null where there are none. */
function longestOf(nodes: readonly TreeNode[]): TreeNode | null {
  const runs: TreeNode[] = [];
  for (const { begin, end } of nodes.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    const last = runs.at(-1);
    if (last && begin <= last.end) runs[runs.length - 1] = { ...last, end: Math.max(last.end, end) };
    else runs.push({ begin, end });
  }
  return runs.reduce<TreeNode | null>((best, run) => {
    return best !== null && best.end - best.begin >= run.end - run.begin ? best : run;
  }, null);
}
