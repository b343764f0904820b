/**
 * Nodes of one round whose result was bad, and what another computation of the same node says to that: whether a
 * worker erred or the training itself has left the numbers. Pure.
 */
import type { TreeNode } from "../../kernels/tree.ts";

/** A bad result. `bits`: its checksum. */
interface Opinion {
  readonly worker: number;
  readonly bits: string;
}

/** After so many bad results of a node it is bad, whatever their bits: devices of two kinds need not agree on them. */
const ENOUGH = 3;

export class SecondOpinions {
  readonly #bad = new Map<string, Opinion[]>();

  /** Notes a bad result. True where that is the truth: it came twice with the same bits, or too often. */
  isConfirmed(node: TreeNode, worker: number, bits: string): boolean {
    const before = this.#bad.get(keyOf(node)) ?? [];
    this.#bad.set(keyOf(node), [...before, { worker, bits }]);
    return before.some((other) => other.bits === bits) || before.length + 1 >= ENOUGH;
  }

  /** Who gave a bad result of a node. */
  whoErred(node: TreeNode): readonly number[] {
    return [...new Set(this.#bad.get(keyOf(node))?.map(({ worker }) => worker))];
  }
}

function keyOf({ begin, end }: TreeNode): string {
  return `${begin}-${end}`;
}
