/** Which examples a piece of work computes with: those held here, or those that came with it. */
import type { NetworkName } from "../../common/network_name.ts";
import { ShardOrder } from "../../random/shuffle.ts";
import type { MessageOf } from "../../wire/messages.ts";
import { Refusal } from "../../wire/refusal.ts";
import type { Leaf } from "../compute/sum_task.ts";
import { LABEL_BYTES } from "../compute/examples.ts";
import type { ShardStore } from "./shard_store.ts";

type Work = MessageOf<"work">;
/** Where in the order of examples a step is. */
type Position = Pick<Work, "epoch" | "batch">;

export class MicroBatches {
  readonly #micro_batch: number;
  readonly #example_bytes: number;
  readonly #store: ShardStore;
  readonly #orders: readonly ShardOrder[];
  readonly #takesReal: (network: NetworkName) => boolean;
  readonly #steps_per_epoch: number;
  readonly #has_labels: boolean;

  /** `micro_batch`: examples of a shard in one step. `takesReal`: whether steps of a network compute with real examples. */
  constructor(
    welcome: MessageOf<"welcome">,
    micro_batch: number,
    store: ShardStore,
    takesReal: (network: NetworkName) => boolean = (network) => network === "critic",
  ) {
    this.#takesReal = takesReal;
    this.#micro_batch = micro_batch;
    this.#has_labels = welcome.class_counts !== null;
    this.#example_bytes = welcome.example_bytes;
    this.#steps_per_epoch = Math.floor(Math.min(...welcome.shard_sizes) / micro_batch);
    this.#store = store;
    this.#orders = welcome.shard_sizes.map((size, shard) => new ShardOrder(welcome.seed, shard, size));
  }

  /**
   * The leaves of a node, with their examples where steps of the network take real ones. Throws {@linkcode Refusal} `bad_message` where
   * examples are missing, too many, or past the end of the epoch.
   */
  leaves(work: Work, payload: Uint8Array): Leaf[] {
    const inline = this.#inline(work, payload);
    return Array.from({ length: work.end - work.begin }, (_, i) => {
      const shard = work.begin + i;
      if (!this.#takesReal(work.kind)) return { shard, examples: null };
      return { shard, examples: inline.get(shard) ?? this.#stored(shard, work) };
    });
  }

  /**
   * The leaves of each step of a learner's round, by its index, with their examples. Throws as {@linkcode leaves} does, also
   * later on.
   */
  leavesOfRound(work: Work, payload: Uint8Array, steps: readonly Position[]): (index: number) => Leaf[] {
    const inline = this.#inline(work, payload, steps.length);
    const bytes = this.#micro_batch * this.#example_bytes;
    const shards = Array.from({ length: work.end - work.begin }, (_, i) => work.begin + i);
    const examplesAt = (shard: number, index: number) =>
      inline.get(shard)?.slice(index * bytes, (index + 1) * bytes) ?? this.#stored(shard, steps[index]!);
    // What is missing is said at once.
    for (const shard of shards) examplesAt(shard, 0);
    return (index) => shards.map((shard) => ({ shard, examples: examplesAt(shard, index) }));
  }

  /**
   * Labels of a shard's first examples in the step after this one, as many as asked for; null where there are none, or where
   * the shard is not held.
   */
  nextLabels({ epoch, batch }: Position, shard: number, count: number): Float32Array | null {
    if (!this.#has_labels || !this.#store.holds(shard)) return null;
    const is_last = batch + 1 >= this.#steps_per_epoch;
    const next = is_last ? { epoch: epoch + 1, batch: 0 } : { epoch, batch: batch + 1 };
    const indices = this.#orders[shard]!.batchIndices(next.epoch, next.batch, this.#micro_batch);
    return labelsIn(this.#store.rows(shard, indices.subarray(0, count)), count);
  }

  /** The examples of `num_steps` steps of each shard that the work brings. */
  #inline({ inline, begin, end }: Work, payload: Uint8Array, num_steps = 1): Map<number, Uint8Array> {
    const bytes = num_steps * this.#micro_batch * this.#example_bytes;
    if (payload.length !== inline.length * bytes) {
      throw new Refusal(
        "bad_message",
        `Work with ${inline.length} inline shards must carry ${inline.length * bytes} bytes: ` +
          `found ${payload.length}`,
      );
    }
    const outside = inline.find((shard) => shard < begin || shard >= end);
    if (outside !== undefined) {
      throw new Refusal("bad_message", `Inline shards must lie in [${begin}, ${end}): found ${outside}`);
    }
    // Copies: a view would take the whole frame along to the thread.
    return new Map(inline.map((shard, i) => [shard, payload.slice(i * bytes, (i + 1) * bytes)]));
  }

  #stored(shard: number, { epoch, batch }: Position): Uint8Array {
    if (!this.#store.holds(shard)) {
      throw new Refusal(
        "bad_message",
        `A request for shard ${shard} must contain its examples, because this worker does not have them`,
      );
    }
    try {
      return this.#store.rows(shard, this.#orders[shard]!.batchIndices(epoch, batch, this.#micro_batch));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new Refusal("bad_message", error.message);
    }
  }
}

/** The classes of `count` examples, which end each of them. */
function labelsIn(rows: Uint8Array, count: number): Float32Array {
  const view = new DataView(rows.buffer, rows.byteOffset, rows.byteLength);
  const row_bytes = rows.length / count;
  return Float32Array.from(
    { length: count },
    (_, i) => view.getUint32((i + 1) * row_bytes - LABEL_BYTES, true),
  );
}
