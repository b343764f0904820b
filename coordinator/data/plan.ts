/**
 * The shard plan: which examples belong to which shard, which are held out, and which are used in which step.
 * A pure function of its options; no worker count enters it.
 *
 * One permutation of all n examples by (seed, "holdout", 0, 0) decides: its first round(F n) examples are held
 * out, the rest is cut into S consecutive parts whose sizes differ by at most one (the larger ones first). So
 * shards are alike even where a file is sorted by class.
 */
import { UserError } from "../../common/errors.ts";
import { permutation } from "../../random/philox.ts";
import { ShardOrder } from "../../random/shuffle.ts";

export const MAX_SHARDS = 4096;

export interface PlanOptions {
  /** Examples of the whole data set. */
  readonly num_examples: number;
  /** S, 1 to 4096. */
  readonly num_shards: number;
  /** B: examples of one step over all shards; a multiple of S. */
  readonly batch: number;
  /** Share of the examples kept out of training, [0, 1). */
  readonly holdout: number;
  readonly seed: number;
}

/** Position of a step: both counted from 0. */
export interface Position {
  readonly epoch: number;
  /** Batch within the epoch. */
  readonly batch: number;
}

export class ShardPlan {
  readonly num_shards: number;
  readonly batch: number;
  /** B / S: examples of one shard in one step. */
  readonly micro_batch: number;
  /** Per shard, the data set's indices of its examples, in the order in which the shard stores them. */
  readonly shards: readonly Uint32Array[];
  /** Indices of the held-out examples. */
  readonly holdout: Uint32Array;
  /** floor(smallest shard / micro-batch). */
  readonly steps_per_epoch: number;
  readonly #orders: readonly ShardOrder[];

  /** Throws {@linkcode UserError} when the options do not fit together. */
  constructor(options: PlanOptions) {
    this.micro_batch = microBatchOf(options);
    const num_held_out = checkOptions(options);
    const { num_examples, num_shards, batch, seed } = options;
    const order = permutation(num_examples, { seed, purpose: "holdout", counter: 0, shard: 0 });
    this.num_shards = num_shards;
    this.batch = batch;
    this.holdout = order.subarray(0, num_held_out);
    this.shards = cut(order.subarray(num_held_out), num_shards);
    this.steps_per_epoch = Math.floor(this.shards.at(-1)!.length / this.micro_batch);
    this.#orders = this.shards.map((shard, i) => new ShardOrder(seed, i, shard.length));
  }

  /** Indices in the data set of the examples that a shard uses in one batch, `micro_batch` of them. */
  examplesOf({ epoch, batch }: Position, shard: number): Uint32Array {
    const members = this.#shard(shard);
    return this.#orders[shard]!.batchIndices(epoch, batch, this.micro_batch).map((i) => members[i]!);
  }

  #shard(shard: number): Uint32Array {
    const members = this.shards[shard];
    if (members === undefined) {
      throw new RangeError(`A shard must be an integer from 0 to ${this.num_shards - 1}: found ${shard}`);
    }
    return members;
  }
}

/** Consecutive parts whose sizes differ by at most one, the larger ones first. */
function cut(indices: Uint32Array, num_parts: number): readonly Uint32Array[] {
  const size = Math.floor(indices.length / num_parts);
  const num_larger = indices.length % num_parts;
  const begin = (part: number) => part * size + Math.min(part, num_larger);
  return Array.from({ length: num_parts }, (_, i) => indices.subarray(begin(i), begin(i + 1)));
}

/** B / S: examples of one shard in one step. Throws {@linkcode UserError} where they do not come out even. */
export function microBatchOf({ batch, num_shards }: Pick<PlanOptions, "batch" | "num_shards">): number {
  if (!Number.isInteger(num_shards) || num_shards < 1 || num_shards > MAX_SHARDS) {
    throw new UserError(
      `Cannot plan shards: --shards must be an integer from 1 to ${MAX_SHARDS}, found ${num_shards}`,
    );
  }
  if (!Number.isInteger(batch) || batch < 1) {
    throw new UserError(`Cannot plan shards: --batch must be an integer of at least 1, found ${batch}`);
  }
  if (batch % num_shards !== 0) {
    const below = batch - batch % num_shards;
    const choice = below === 0 ? `${num_shards}` : `${below} or ${below + num_shards}`;
    throw new UserError(
      `Cannot plan shards: --batch must be a multiple of --shards ${num_shards}, found ${batch}; use --batch ${choice}`,
    );
  }
  return batch / num_shards;
}

/** Checks the other options; returns the number of held-out examples. */
function checkOptions({ num_examples, batch, holdout }: PlanOptions): number {
  const num_held_out = countHeldOut(num_examples, holdout);
  const num_training = num_examples - num_held_out;
  if (num_training < batch) {
    const rest = num_held_out === 0 ? "" : ` (${num_held_out} of ${num_examples} are held out)`;
    throw new UserError(
      `Cannot plan shards: --batch ${batch} needs at least ${batch} training examples, found ${num_training}${rest}; ` +
        "use a smaller --batch or more data",
    );
  }
  return num_held_out;
}

function countHeldOut(num_examples: number, holdout: number): number {
  if (!(holdout >= 0 && holdout < 1)) {
    throw new UserError(
      `Cannot hold out examples: --holdout must be a share of 0 to less than 1, found ${holdout}`,
    );
  }
  const count = Math.floor(holdout * num_examples + 0.5);
  if (holdout > 0 && count === 0) {
    throw new UserError(
      `Cannot hold out examples: --holdout ${holdout} must keep out at least one of ${num_examples} examples, ` +
        "found none; use a larger share, or 0",
    );
  }
  return count;
}
