/** How many shards a run is cut into for a number of threads. Pure. */
import { UserError } from "../../common/errors.ts";

/** What the rule needs of a run: examples of a step, and the shards that its preset has. */
interface Sizes {
  readonly batch: number;
  readonly preset_shards: number;
}

/**
 * The least divisor of the batch that gives each thread a shard, and no fewer shards than the preset has. Throws
 * {@linkcode UserError} where there are more threads than examples.
 */
export function shardsFor(threads: number, { batch, preset_shards }: Sizes): number {
  if (threads > batch) {
    throw new UserError(
      `Cannot plan shards for --for-workers ${threads}: a step must have an example for each thread, found --batch ` +
        `${batch}; use --batch ${threads} or more`,
    );
  }
  const least = Math.max(threads, Math.min(preset_shards, batch));
  for (let shards = least; shards < batch; shards++) if (batch % shards === 0) return shards;
  return batch;
}

/** Settings with --for-workers turned into shards: the run's record has these alone. Throws {@linkcode UserError}. */
export function withShards<
  T extends { readonly for_workers?: number; readonly shards?: number; readonly batch?: number },
>(given: T, sizes: Sizes): Omit<T, "for_workers"> {
  const { for_workers, ...rest } = given;
  if (for_workers === undefined) return rest;
  if (given.shards !== undefined) {
    throw new UserError(
      `Cannot set the shards: one of --shards and --for-workers is required, found both (${given.shards} and ` +
        `${for_workers}); leave one out`,
    );
  }
  return { ...rest, shards: shardsFor(for_workers, { ...sizes, batch: given.batch ?? sizes.batch }) };
}
