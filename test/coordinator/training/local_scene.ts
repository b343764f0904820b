/** Training without a wire, step by step or in rounds of local steps: the coordinator's parts and one engine, in this process. */
import { innerSteps } from "../../../algorithm/local_steps.ts";
import { parseOptions } from "../../../common/cli/cli.ts";
import { type NetworkName, NETWORKS } from "../../../common/network_name.ts";
import { givenConfig } from "../../../coordinator/config/given_config.ts";
import { TRAIN_OPTIONS } from "../../../coordinator/config/options/options.ts";
import { UNWATCHED } from "../../../coordinator/data/data_source.ts";
import type { RoundRequest } from "../../../coordinator/fleet/fence.ts";
import { prepare, type Prepared } from "../../../coordinator/run/prepare.ts";
import { trainLocally } from "../../../coordinator/training/local_rounds.ts";
import { type StepReport, train, type Training } from "../../../coordinator/training/train.ts";
import { graphNamesOf, takesReal } from "../../../models/manifest.ts";
import { Engine } from "../../../worker/compute/engine.ts";
import { compileGraphs, type GraphBytes } from "../../../worker/compute/graph_runner.ts";
import { Learner } from "../../../worker/compute/learners/learner.ts";
import { CPU } from "../../../worker/runtime/device.ts";

const COMMAND = { name: "train", about: "", options: TRAIN_OPTIONS };

/** A run in memory, with these options of `deno task train`. */
export function preparedRun(options: readonly string[]): Promise<Prepared> {
  const given = givenConfig(parseOptions(COMMAND, [...options, "--sample-every", "0"]).given);
  const start = { given, exact: true, readable: false, now: new Date(0), reading: UNWATCHED, resume: null };
  return prepare({ ...start, out: null, in_memory: true });
}

async function openEngine({ facts: { manifest, files, seed, local = null }, data, config }: Prepared) {
  const bytesOf = (file: string) => files.find((artifact) => artifact.file === file)!.bytes;
  const graphs = Object.fromEntries(
    graphNamesOf(manifest).map((name) => [name, bytesOf(manifest.graphs[name]!.file)]),
  ) as unknown as GraphBytes;
  const runners = await compileGraphs(manifest, graphs, CPU);
  const { encoding } = data.data;
  return new Engine(manifest, runners, { seed, encoding, num_shards: config.shards, local });
}

type Published = Readonly<{ given: Float32Array }>;

/** What a run's training needs besides a fleet. */
function trainingOf(run: Prepared, fleet: Training["fleet"], reports: StepReport[]): Training {
  return {
    ...{ config: run.config, manifest: run.facts.manifest, state: run.state, tree: run.tree, fleet },
    epoch_steps: run.data.plan.steps_per_epoch,
    now_ms: () => 0,
    committed: (report) => reports.push(report) > 0,
  };
}

/** Trains step by step up to step `steps`, with `shards` of the run's shards, from `first` on. */
export async function trainSteps(
  run: Prepared,
  { first = 0, shards = run.config.shards, steps = run.config.steps } = {},
): Promise<StepReport[]> {
  const engine = await openEngine(run), reports: StepReport[] = [];
  const node = { begin: first, end: first + shards };
  const fleet = {
    handled_ms: 0,
    publish: (network: NetworkName, _: number, { given }: Published) => engine.setWeights(network, given),
    round: async ({ kind, epoch, batch, noise_purpose, noise_counter }: RoundRequest) => {
      const leaves = Array.from({ length: shards }, (_, i) => ({
        shard: first + i,
        examples: takesReal(run.facts.manifest, kind)
          ? run.data.inline([first + i], [{ epoch, batch }])
          : null,
      }));
      const { sum } = await engine.sum({ kind, node, leaves, noise_purpose, noise_counter });
      // To the run's tree it is all.
      return {
        results: [{ begin: 0, end: run.config.shards, values: sum.slice() }],
        shares: new Map(),
        areWhole: () => true,
      };
    },
  };
  for (const network of NETWORKS) engine.setWeights(network, run.state[network].weights);
  const training = trainingOf(run, fleet, reports);
  await train({ ...training, config: { ...run.config, shards, steps } });
  engine.release();
  return reports;
}

/** Changes what the learner of these shards gives back. */
export type SpoilResult = (result: Float32Array, begin: number, step: number) => void;

/** Trains in rounds; the learners are asked in the order of `order`, by number. */
export async function trainRounds(
  run: Prepared,
  { order = (learners: number[]) => learners, spoil = () => {} }: {
    readonly order?: (learners: number[]) => number[];
    readonly spoil?: SpoilResult;
  } = {},
): Promise<StepReport[]> {
  const engine = await openEngine(run), reports: StepReport[] = [];
  const local = run.facts.local!, learner = new Learner(engine, local);
  const size = run.config.shards / local.learners;
  const states: Partial<Record<NetworkName, Float32Array>> = {};
  const fleet = {
    handled_ms: 0,
    publish: (network: NetworkName, _: number, { given }: Published) =>
      void (states[network] = given.slice()),
    round: async ({ step }: RoundRequest) => {
      const results = [];
      for (const number of order(Array.from({ length: local.learners }, (_, i) => i))) {
        const node = { begin: number * size, end: (number + 1) * size };
        learner.begin({ node, states: { critic: states.critic!, generator: states.generator! } });
        for (const inner of innerSteps(local, step)) {
          const leaves = Array.from({ length: size }, (_, i) => {
            return { shard: node.begin + i, examples: run.data.inline([node.begin + i], [inner]) };
          });
          await learner.step({ inner, leaves });
        }
        const values = learner.end();
        spoil(values, node.begin, step);
        results.push({ ...node, values });
      }
      return { results, shares: new Map(), areWhole: () => true };
    },
  };
  await trainLocally(trainingOf(run, fleet, reports)).finally(() => engine.release());
  return reports;
}
