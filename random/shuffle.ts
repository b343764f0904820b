/**
 * The order of a shard's examples: which of them make up a micro-batch. The coordinator and every worker compute
 * it alike from (seed, epoch, shard).
 */
import { permutation } from "./philox.ts";

/** One shard's order of examples, epoch by epoch. Keeps the permutation of the epoch asked for last. */
export class ShardOrder {
  #epoch = -1;
  #order: Uint32Array = new Uint32Array(0);

  /** `shard_size`: examples of the shard. */
  constructor(readonly seed: number, readonly shard: number, readonly shard_size: number) {}

  /** All of the shard's examples (0 to shard_size - 1), in the order of this epoch (counted from 0). */
  ofEpoch(epoch: number): Uint32Array {
    if (epoch !== this.#epoch) {
      const { seed, shard } = this;
      this.#order = permutation(this.shard_size, { seed, purpose: "shuffle", counter: epoch, shard });
      this.#epoch = epoch;
    }
    return this.#order;
  }

  /**
   * Positions within the shard of micro-batch `batch` (counted from 0 within the epoch), a view of `micro_batch`
   * elements. Throws RangeError past the end of the epoch.
   */
  batchIndices(epoch: number, batch: number, micro_batch: number): Uint32Array {
    const begin = batch * micro_batch;
    if (begin < 0 || begin + micro_batch > this.shard_size) {
      throw new RangeError(
        `Micro-batch ${batch} of ${micro_batch} examples must lie within the shard's ${this.shard_size} examples`,
      );
    }
    return this.ofEpoch(epoch).subarray(begin, begin + micro_batch);
  }
}
