/**
 * What a compute thread does: holds the weights and the compiled graphs, and computes sums of shards, noise and
 * fakes included. Bits depend on the weights, the seed, the counters, the shards and the examples alone.
 */
import type { GraphName, Manifest } from "../models/manifest.ts";
import { Kernels } from "../kernels/kernels.ts";
import { split, type TreeNode } from "../kernels/tree.ts";
import { fillNormal } from "../random/philox.ts";
import { type Encoding, ExampleDecoder } from "./examples.ts";
import type { Network } from "./fence.ts";
import type { GraphRunner, Runners, Tensors } from "./graph_runner.ts";

/** What of a run the computation depends on. */
export interface EngineOptions {
  readonly seed: number;
  readonly encoding: Encoding;
  /** Logical shards of the run: how deep a summing tree can be. */
  readonly num_shards: number;
}

export type NoisePurpose = "critic_noise" | "generator_noise";

/** One leaf of the tree. `examples`: a micro-batch as the data set keeps it; absent in generator steps. */
export interface Leaf {
  readonly shard: number;
  readonly examples: Uint8Array | null;
}

/** A node of the tree to compute, with its leaves in order. */
export interface SumTask {
  readonly kind: Network;
  readonly node: TreeNode;
  readonly leaves: readonly Leaf[];
  readonly noise_purpose: NoisePurpose;
  readonly noise_counter: number;
}

/** The sum of a node: gradients, then the tail. `compute_ms`: time in ONNX Runtime. */
export interface Sum {
  readonly sum: Float32Array<ArrayBuffer>;
  readonly compute_ms: number;
}

/** Fakes to make ahead of the work that needs them. */
export interface AheadTask {
  readonly shard: number;
  readonly noise_purpose: NoisePurpose;
  readonly noise_counter: number;
}

interface Fakes {
  readonly data: Float32Array;
  readonly compute_ms: number;
}

const FLOAT_BYTES = 4;
const ALIGNMENT_BYTES = 16;

/** Levels of a tree of n leaves, the leaves' own included. */
function levels(num_shards: number): number {
  return 1 + Math.ceil(Math.log2(num_shards));
}

function buildKernels(manifest: Manifest, num_results: number, result_size: number): Kernels {
  const { layouts } = manifest;
  const floats = layouts.critic.size + layouts.generator.size + num_results * result_size;
  return Kernels.create(floats * FLOAT_BYTES + (2 + num_results) * ALIGNMENT_BYTES);
}

/** One per compute thread. Calls must not overlap: each waits for the one before. */
export class Engine {
  readonly manifest: Manifest;
  readonly seed: number;
  readonly #runners: Runners;
  readonly #kernels: Kernels;
  readonly #weights: Readonly<Record<Network, Float32Array>>;
  readonly #noise: Float32Array;
  readonly #real: Float32Array;
  readonly #fake: Float32Array;
  readonly #decoder: ExampleDecoder;
  /** One result buffer per level of the tree, and per network the tensors over it. */
  readonly #results: readonly Float32Array[];
  readonly #outputs: Readonly<Record<Network, readonly Tensors[]>>;
  readonly #training_feeds: Readonly<Record<Network, Tensors>>;
  readonly #forward_feeds: Tensors;
  /** Fakes made ahead, by shard, all of the generator weights held and of one purpose and counter. */
  #ahead: { key: string; fakes: Map<number, Fakes> } = { key: "", fakes: new Map() };

  constructor(manifest: Manifest, runners: Runners, options: EngineOptions) {
    const { micro_batch, layouts, graphs } = manifest;
    const example = manifest.example_shape.reduce((product, extent) => product * extent, 1);
    const num_levels = levels(options.num_shards);
    const result_size = Math.max(graphs.critic_training_model.size, graphs.generator_training_model.size);
    this.manifest = manifest;
    this.seed = options.seed;
    this.#runners = runners;
    this.#kernels = buildKernels(manifest, num_levels, result_size);
    const critic = this.#kernels.allocate(layouts.critic.size);
    const generator = this.#kernels.allocate(layouts.generator.size);
    this.#weights = { critic, generator };
    this.#results = Array.from({ length: num_levels }, () => this.#kernels.allocate(result_size));
    const noise = this.#noise = new Float32Array(micro_batch * manifest.latent);
    const real = this.#real = new Float32Array(micro_batch * example);
    const fake = this.#fake = new Float32Array(micro_batch * example);
    this.#decoder = new ExampleDecoder(options.encoding);
    const feeds = (name: GraphName) =>
      runners[name].feeds(manifest, { critic, generator, noise, real, fake }, micro_batch);
    const outputs = (name: GraphName) => this.#results.map((buffer) => runners[name].outputs(buffer, 0));
    this.#training_feeds = {
      critic: feeds("critic_training_model"),
      generator: feeds("generator_training_model"),
    };
    this.#forward_feeds = feeds("generator_forward_model");
    this.#outputs = {
      critic: outputs("critic_training_model"),
      generator: outputs("generator_training_model"),
    };
  }

  /** Takes a copy of a whole network's weights. */
  setWeights(network: Network, weights: Float32Array): void {
    this.#weights[network].set(weights);
    if (network === "generator") this.#ahead = { key: "", fakes: new Map() };
  }

  /** A copy of the weights held. */
  copyWeights(network: Network): Float32Array {
    return this.#weights[network].slice();
  }

  runner(name: GraphName): GraphRunner {
    return this.#runners[name];
  }

  /** Computes a node of the summing tree into `out`, which is as long as the graph's result. */
  async sum(task: SumTask, out: Float32Array<ArrayBuffer>): Promise<Sum> {
    const compute_ms = await this.#sumInto(0, task, task.node);
    out.set(this.#results[0]!.subarray(0, out.length));
    return { sum: out, compute_ms };
  }

  /** Makes a shard's fakes, to be used by a later {@linkcode sum} with the same purpose, counter and weights. */
  async makeAhead(task: AheadTask): Promise<void> {
    const key = `${task.noise_purpose} ${task.noise_counter}`;
    if (this.#ahead.key !== key) this.#ahead = { key, fakes: new Map() };
    if (this.#ahead.fakes.has(task.shard)) return;
    const data = new Float32Array(this.#fake.length);
    this.#ahead.fakes.set(task.shard, { data, compute_ms: await this.#forward(task, data) });
  }

  #trainingRunner(kind: Network): GraphRunner {
    return this.#runners[`${kind}_training_model`];
  }

  /** Sum of `node` into the result buffer of this level; those of higher levels are scratch. */
  async #sumInto(level: number, task: SumTask, node: TreeNode): Promise<number> {
    if (node.end - node.begin === 1) return await this.#leafInto(level, task, node.begin);
    const middle = split(node.begin, node.end);
    const left_ms = await this.#sumInto(level, task, { begin: node.begin, end: middle });
    const right_ms = await this.#sumInto(level + 1, task, { begin: middle, end: node.end });
    const { size } = this.#trainingRunner(task.kind).entry;
    const left = this.#results[level]!.subarray(0, size);
    this.#kernels.add(left, left, this.#results[level + 1]!.subarray(0, size));
    return left_ms + right_ms;
  }

  async #leafInto(level: number, task: SumTask, shard: number): Promise<number> {
    const { noise_purpose, noise_counter } = task;
    let compute_ms = 0;
    if (task.kind === "critic") {
      const leaf = task.leaves[shard - task.node.begin]!;
      this.#decoder.decode(leaf.examples!, this.#real);
      compute_ms += await this.#fillFake({ shard, noise_purpose, noise_counter });
    } else this.#fillNoise({ shard, noise_purpose, noise_counter });
    const runner = this.#trainingRunner(task.kind);
    return compute_ms + await runner.run(this.#training_feeds[task.kind], this.#outputs[task.kind][level]!);
  }

  async #fillFake(task: AheadTask): Promise<number> {
    const ahead = this.#ahead.key === `${task.noise_purpose} ${task.noise_counter}`
      ? this.#ahead.fakes.get(task.shard)
      : undefined;
    if (ahead === undefined) return await this.#forward(task, this.#fake);
    this.#fake.set(ahead.data);
    return ahead.compute_ms;
  }

  #fillNoise({ shard, noise_purpose, noise_counter }: AheadTask): void {
    fillNormal(this.#noise, { seed: this.seed, purpose: noise_purpose, counter: noise_counter, shard });
  }

  async #forward(task: AheadTask, out: Float32Array): Promise<number> {
    this.#fillNoise(task);
    const runner = this.#runners.generator_forward_model;
    return await runner.run(this.#forward_feeds, runner.outputs(out, 0));
  }
}
