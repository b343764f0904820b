/** How many shards a run is cut into for a number of threads. Pure. */
import { UserError } from "../../common/errors.ts";

/** What the rule needs of a run: examples of a step, and the shards that its preset has. */
interface Sizes {
  readonly batch: number;
  readonly preset_shards: number;
}

/** Settings of a preset that `--scale-batch` starts from. */
interface Scaled extends Sizes {
  readonly lr: number;
}

interface Asked {
  readonly for_workers?: number;
  readonly scale_batch?: boolean;
  readonly shards?: number;
  readonly batch?: number;
  readonly lr?: number;
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

/**
 * Settings with --for-workers turned into shards, and with --scale-batch into a batch and a learning rate, too: the run's
 * record has these alone. Throws {@linkcode UserError}.
 */
export function withShards<T extends Asked>(
  given: T,
  preset: Scaled,
): Omit<T, "for_workers" | "scale_batch"> {
  const { for_workers, scale_batch, ...rest } = given;
  if (for_workers === undefined) {
    if (!scale_batch) return rest;
    throw new UserError("Option --scale-batch needs --for-workers: give both, or --batch and --lr");
  }
  if (given.shards !== undefined) {
    throw new UserError(
      `Cannot set the shards: one of --shards and --for-workers is required, found both (${given.shards} and ` +
        `${for_workers}); leave one out`,
    );
  }
  if (scale_batch) return { ...scaledBatch(for_workers, given, preset), ...rest };
  return { ...rest, shards: shardsFor(for_workers, { ...preset, batch: given.batch ?? preset.batch }) };
}

/**
 * As many examples for each shard as the preset has, and so a batch k times as large; the learning rate grows by the
 * square root of k, the rule for RMSProp and Adam (Malladi et al. 2022, "On the SDEs and Scaling Rules for Adaptive
 * Gradient Algorithms").
 */
function scaledBatch(threads: number, given: Asked, { batch, preset_shards, lr }: Scaled) {
  if (given.batch !== undefined) {
    throw new UserError(
      `Cannot use --scale-batch with --batch ${given.batch}: it sets the batch itself; leave one out`,
    );
  }
  const shards = Math.max(threads, preset_shards);
  const k = shards / preset_shards;
  return { shards, batch: batch * k, lr: lr * Math.sqrt(k) };
}
