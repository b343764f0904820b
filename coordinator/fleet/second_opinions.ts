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

  add(node: TreeNode, worker: number, bits: string): void {
    this.#bad.set(keyOf(node), [...this.#of(node), { worker, bits }]);
  }

  /**
   * True if a node is bad whoever computes it: it came so often, or twice with the same bits and there is nobody else to
   * ask. Two that agree are not believed while a third can be asked: they may be one liar.
   */
  isConfirmed(node: TreeNode, are_others: boolean): boolean {
    const bad = this.#of(node);
    const is_repeated = new Set(bad.map(({ bits }) => bits)).size < bad.length;
    return bad.length >= ENOUGH || (is_repeated && !are_others);
  }

  /** Who gave a bad result of a node. */
  whoErred(node: TreeNode): readonly number[] {
    return [...new Set(this.#of(node).map(({ worker }) => worker))];
  }

  #of(node: TreeNode): readonly Opinion[] {
    return this.#bad.get(keyOf(node)) ?? [];
  }
}

function keyOf({ begin, end }: TreeNode): string {
  return `${begin}-${end}`;
}
