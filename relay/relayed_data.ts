/** The shards of a run as a relay has them: whole ones that have come, and the examples beside the work under way. */
import { joined } from "../common/joined.ts";
import type { ShardSource } from "../coordinator/data/sharded_data.ts";
import type { Position } from "../coordinator/data/plan.ts";
import type { TreeNode } from "../kernels/tree.ts";
import type { MessageOf } from "../wire/messages.ts";
import type { Leaf } from "../worker/compute/sum_task.ts";
import type { ShardStore } from "../worker/connection/shard_store.ts";

/** The leaves of a node, with their examples, at each of the positions that work is about. */
export type LeavesAt = (index: number) => readonly Leaf[];

export class RelayedData implements ShardSource {
  readonly data: ShardSource["data"];
  readonly plan: ShardSource["plan"];
  readonly sha256: readonly string[];
  readonly class_counts: readonly number[] | null;
  readonly #store: Pick<ShardStore, "holds" | "whole">;
  /** By shard, of the round under way. */
  readonly #leaves = new Map<number, LeavesAt>();

  constructor(
    welcome: MessageOf<"welcome">,
    store: Pick<ShardStore, "holds" | "whole">,
  ) {
    const { shards, shard_sizes, shard_sha256, class_counts, example_bytes, encoding } = welcome;
    // What an example has of labels is a part of it here.
    this.data = { example_bytes, encoding };
    this.class_counts = class_counts;
    this.plan = { num_shards: shards, shards: shard_sizes.map((length) => ({ length })) };
    this.sha256 = shard_sha256;
    this.#store = store;
  }

  holds(shard: number): boolean {
    return this.#store.holds(shard);
  }

  shard(shard: number): Uint8Array {
    return this.#store.whole(shard);
  }

  /** A round begins: the examples of the last one are of no use any more. */
  beginRound(): void {
    this.#leaves.clear();
  }

  /** The examples of a node's work. */
  bring({ begin, end }: TreeNode, leavesAt: LeavesAt): void {
    for (let shard = begin; shard < end; shard++) this.#leaves.set(shard, leavesAt);
  }

  /** `shards`: of one node that was brought. */
  inline(shards: readonly number[], positions: readonly Position[]): Uint8Array {
    const leavesAt = this.#leaves.get(shards[0]!);
    if (leavesAt === undefined) throw new Error(`The examples of shard ${shards[0]} must have come`);
    const by_position = positions.map((_, index) => {
      return new Map(leavesAt(index).map(({ shard, examples }) => [shard, examples!]));
    });
    return joined(shards.flatMap((shard) => by_position.map((examples) => examples.get(shard)!)));
  }
}
