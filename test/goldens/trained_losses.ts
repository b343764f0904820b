/** Training without a wire: the coordinator's parts and one engine of a worker's, in this process. */
import { join } from "node:path";
import { parseOptions } from "../../common/cli/cli.ts";
import { givenConfig } from "../../coordinator/config/given_config.ts";
import { TRAIN_OPTIONS } from "../../coordinator/config/options/options.ts";
import { UNWATCHED } from "../../coordinator/data/data_source.ts";
import type { RoundRequest } from "../../coordinator/fleet/fence.ts";
import { prepare, type Prepared } from "../../coordinator/run/prepare.ts";
import { train } from "../../coordinator/training/train.ts";
import { GRAPH_NAMES } from "../../models/manifest.ts";
import { NETWORKS } from "../../common/network_name.ts";
import { Engine } from "../../worker/compute/engine.ts";
import { compileGraphs, type GraphBytes } from "../../worker/compute/graph_runner.ts";
import { probe } from "../../worker/compute/probe.ts";
import { CPU } from "../../worker/runtime/device.ts";
import { inTempDir } from "../temp_dir.ts";
import type { Losses } from "./loss_golden.ts";

const COMMAND = { name: "train", about: "", options: TRAIN_OPTIONS };

/** A worker's engine over the graphs in the run's folder, and the numeric class of this processor for them. */
async function openEngine({ facts: { manifest, files, seed }, data, config }: Prepared) {
  const bytesOf = (file: string) => files.find((artifact) => artifact.file === file)!.bytes;
  const graphs = Object.fromEntries(
    GRAPH_NAMES.map((name) => [name, bytesOf(manifest.graphs[name].file)]),
  ) as unknown as GraphBytes;
  const runners = await compileGraphs(manifest, graphs, CPU);
  const { encoding } = data.data;
  const engine = new Engine(manifest, runners, { seed, encoding, num_shards: config.shards });
  return { engine, numeric_class: (await probe(manifest, runners, CPU)).numeric_class };
}

/** A fleet of one worker, which computes the whole of each round. */
function fleetOf({ data, config: { shards } }: Prepared, engine: Engine) {
  const round = async ({ kind, epoch, batch, noise_purpose, noise_counter }: RoundRequest) => {
    const node = { begin: 0, end: shards };
    const leaves = Array.from({ length: shards }, (_, shard) => ({
      shard,
      examples: kind === "critic" ? data.inline([shard], [{ epoch, batch }]) : null,
    }));
    const { sum } = await engine.sum({ kind, node, leaves, noise_purpose, noise_counter });
    return { results: [{ ...node, values: sum.slice() }], areWhole: () => true, shares: new Map() };
  };
  return { round, roundAgain: round, publish: () => {}, handled_ms: 0 };
}

/** Trains with these options of `deno task train` to the end. `change`: done to the run before its first step. */
export async function trainedLosses(
  options: readonly string[],
  change: (run: Prepared) => void = () => {},
): Promise<Losses> {
  let found: Losses | null = null;
  await inTempDir(async (folder) => {
    const given = givenConfig(parseOptions(COMMAND, [...options]).given);
    const start = { given, exact: true, readable: false, now: new Date(0), reading: UNWATCHED, resume: null };
    const run = await prepare({ ...start, out: join(folder, "run") });
    await using _lock = run.lock;
    await run.log.close();
    change(run);
    const { engine, numeric_class } = await openEngine(run);
    const rows: Losses["rows"][number][] = [];
    const fleet = {
      ...fleetOf(run, engine),
      publish: (network: typeof NETWORKS[number], _: number, { given }: { readonly given: Float32Array }) =>
        engine.setWeights(network, given),
    };
    for (const network of NETWORKS) engine.setWeights(network, run.state[network].weights);
    await train({
      ...{ config: run.config, manifest: run.facts.manifest, state: run.state, fleet, tree: run.tree },
      epoch_steps: run.data.plan.steps_per_epoch,
      now_ms: () => 0,
      committed: ({ step, loss_critic, generator }) =>
        rows.push({ step, critic: loss_critic, generator: generator?.loss ?? null }) > 0,
    });
    engine.release();
    found = { numeric_class, rows };
  });
  return found!;
}
