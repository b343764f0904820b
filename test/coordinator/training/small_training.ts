/** What trainings by scripted workers have in common: a manifest of one layer a network, settings, and data. */
import type { RunConfig } from "../../../coordinator/config/config.ts";
import { RMSPROP } from "../../../algorithm/optimizers.ts";
import { dataSetOf } from "../../../coordinator/data/data_set.ts";
import { ShardPlan } from "../../../coordinator/data/plan.ts";
import { ShardedData } from "../../../coordinator/data/sharded_data.ts";
import type { NetworkName } from "../../../common/network_name.ts";
import { buildLayout } from "../../../models/layout.ts";
import type { Manifest } from "../../../models/manifest.ts";

export const SHARDS = 4;

/** Settings but for the number of steps. */
export const SETTINGS = {
  shards: SHARDS,
  n_critic: 2,
  optimizer: RMSPROP,
  lr: 0.01,
  decay_steps: 0,
  clip: 0.5,
  schedule: "paper",
  warm_up: false,
  accumulate: 1,
} as const satisfies Partial<RunConfig>;

/** Weights of each network. */
export type Sizes = Readonly<Record<NetworkName, number>>;

function graph(network: NetworkName, size: number, tail: readonly string[]) {
  const { size: whole, slots } = buildLayout([
    { name: `${network}.0.weight_grad`, shape: [size] },
    ...tail.map((name) => ({ name, shape: [] })),
  ]);
  return { size: whole, inputs: [], outputs: slots, tail_offset: size };
}

/** Networks of so many weights; the generator has one batch statistic, a variance. */
export function smallManifest(sizes: Sizes): Manifest {
  return {
    micro_batch: 2,
    example_shape: [2],
    layouts: {
      critic: buildLayout([{ name: "critic.0.weight", shape: [sizes.critic] }]),
      generator: buildLayout([{ name: "generator.0.weight", shape: [sizes.generator] }]),
      statistics: buildLayout([{ name: "generator.2.running_var", shape: [1] }]),
    },
    graphs: {
      critic_training_model: graph("critic", sizes.critic, ["loss", "mean_D_real", "mean_D_fake"]),
      generator_training_model: graph("generator", sizes.generator, [
        "loss",
        "mean_D_fake",
        "generator.2.var",
      ]),
    },
  } as unknown as Manifest;
}

/** 16 examples of two bytes, for steps of 8. */
export function smallData(): Promise<ShardedData> {
  const data = dataSetOf("test", [2], "uint8", Uint8Array.from({ length: 32 }, (_, i) => i));
  const plan = new ShardPlan({ num_examples: 16, num_shards: SHARDS, batch: 8, holdout: 0, seed: 1 });
  return ShardedData.of(data, plan);
}
