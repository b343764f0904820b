/**
 * The work of a compute thread: it holds the weights and the compiled graphs, and computes sums of shards, noise and
 * fakes included. Bits depend on the weights, the seed, the counters, the shards and the examples alone.
 */
import { numElements } from "../../common/shape.ts";
import { PAGE_BYTES, wholePages } from "../../common/files/mapped_file.ts";
import {
  BETWEEN_GRAPH,
  FEATURES_GRAPH,
  type GraphName,
  type Manifest,
  takesReal,
  TRAINING_GRAPHS,
  type TrainingKind,
  trainingKindOf,
} from "../../models/manifest.ts";
import type { Kernels } from "../../kernels/kernels.ts";
import { split, sumTree, type TreeNode } from "../../kernels/tree.ts";
import { fillNormal, fillUniform, type Purpose, type StreamKey } from "../../random/philox.ts";
import { bytesOf } from "../../wire/frame.ts";
import { numSlots } from "../../wire/shared_ring.ts";
import { buildKernels, levels, resultSize } from "./engine_memory.ts";
import type { EngineOptions } from "./engine_options.ts";
import { DrawnInputs } from "./drawn_inputs.ts";
import { ExampleDecoder, LeafLabels, RandomFlips } from "./examples.ts";
import type { NetworkName } from "../../common/network_name.ts";
import type { GraphRunner, Runners, Sources } from "./graph_runner.ts";
import { Rounder, type Rounding } from "./rounder.ts";
import type { AheadTask, Part, SumTask } from "./sum_task.ts";
import type { BoundGraph } from "../runtime/runtime.ts";

/**
 * The sum of a node, as it travels (result_payload.ts). A view, valid until the next call. `largest`: its largest
 * magnitude, NaN where there is one, or where it was rounded and nobody has looked. `compute_ms`: time in ONNX Runtime.
 */
export interface Sum {
  readonly sum: Float32Array;
  readonly largest: number;
  readonly compute_ms: number;
}

type NoiseTask = Pick<SumTask, "noise_purpose" | "noise_counter">;

/** Room for a micro-batch of fakes, and the generator over it. `labels`: of those that were made ahead. */
interface Fakes {
  readonly data: Float32Array;
  labels: Float32Array | null;
  readonly forward: BoundGraph;
  compute_ms: number;
}

/** Room for a sum, and the training graphs over it. */
interface Result {
  readonly data: Float32Array<ArrayBuffer>;
  readonly training: Readonly<Record<NetworkName, BoundGraph>> & { readonly between: BoundGraph | undefined };
}

const FLOAT_BYTES = 4;

/** One per compute thread. Calls must not overlap: each waits for the one before. */
export class Engine {
  readonly manifest: Manifest;
  readonly seed: number;
  /** Leaves of the tree in one shard. */
  readonly #accumulate: number;
  readonly #runners: Runners;
  readonly kernels: Kernels;
  /** Each in whole pages, for a file to be mapped over them. */
  readonly #weights: Readonly<Record<NetworkName, Float32Array<ArrayBuffer>>>;
  readonly #noise: Float32Array;
  readonly #real: Float32Array;
  readonly #labels: LeafLabels;
  readonly #fakes: Fakes;
  /** The point between fake and real at which each example's slope is taken; null if no graph asks for it. */
  readonly #mix: Float32Array | null;
  /** What is drawn for the leaf under way, by the graph that takes it. */
  readonly #drawn: Readonly<Record<TrainingKind | "fake", DrawnInputs>>;
  /** Whether generator steps take real examples. */
  readonly #pairs: boolean;
  readonly #decoder: ExampleDecoder;
  readonly #flips: RandomFlips;
  /** Inputs of the training graphs, except masks. */
  readonly #sources: Sources;
  readonly #result_size: number;
  /** Null where all travels as float32. */
  readonly #rounder: Rounder | null;
  /** One per level of the tree: a sum takes the place of its left summand. */
  readonly #levels: readonly Result[];
  /** To be used in place of the first level. */
  #places: readonly Result[] = [];
  /** Fakes made ahead, by leaf, all of the generator weights held and of one purpose and counter. */
  #ahead: { key: string; fakes: Map<number, Fakes> } = { key: "", fakes: new Map() };
  readonly #spares: Fakes[] = [];

  constructor(manifest: Manifest, runners: Runners, options: EngineOptions) {
    const { micro_batch, layouts, graphs } = manifest;
    const { seed, wire = "float32", local = null } = options;
    const accumulate = this.#accumulate = manifest.accumulate ?? 1;
    const num_levels = levels(options.num_shards * accumulate);
    const result_size = this.#result_size = resultSize(manifest);
    this.manifest = manifest;
    this.seed = seed;
    this.#runners = runners;
    const room = { num_results: num_levels, num_places: numSlots(options.num_shards), format: wire };
    this.kernels = buildKernels(manifest, { ...room, optimizer: local?.optimizer ?? null });
    this.#rounder = wire === "float32" ? null : new Rounder(this.kernels, manifest, wire, seed);
    const critic = this.kernels.allocate(layouts.critic.size, PAGE_BYTES);
    const generator = this.kernels.allocate(layouts.generator.size, PAGE_BYTES);
    this.#weights = { critic, generator };
    const noise = this.#noise = new Float32Array(micro_batch * manifest.latent);
    const real = this.#real = new Float32Array(micro_batch * numElements(manifest.example_shape));
    this.#labels = new LeafLabels(manifest, options.class_counts);
    this.#drawn = {
      critic: new DrawnInputs(graphs.critic_training_model, "critic"),
      generator: new DrawnInputs(graphs.generator_training_model, "generator"),
      fake: new DrawnInputs(graphs.generator_forward_model, "fake"),
      between: new DrawnInputs(graphs[BETWEEN_GRAPH] ?? { inputs: [] }, "critic"),
    };
    this.#pairs = takesReal(manifest, "generator");
    this.#fakes = this.#newFakes();
    this.#decoder = new ExampleDecoder(options.encoding);
    this.#flips = new RandomFlips(options.flip_columns ?? null, micro_batch);
    const mixes = graphs.critic_training_model.inputs.some(({ source }) => source === "mix");
    const mix = this.#mix = mixes ? new Float32Array(micro_batch) : null, fake = this.#fakes.data;
    this.#sources = { critic, generator, noise, real, fake, ...mix && { mix }, ...this.#labelSource() };
    this.#levels = Array.from(
      { length: num_levels },
      () => this.#newResult(this.kernels.allocate(result_size)),
    );
  }

  /**
   * Whole pages of memory that sums can be computed into, each with room for any sum, for files to be mapped over them.
   * `count`: at most {@linkcode numSlots}. None where the memory of the kernels cannot hold so many, and where what is
   * to be there is rounded.
   */
  openPlaces(count: number): readonly Uint8Array<ArrayBuffer>[] {
    if (this.#rounder !== null) return [];
    const bytes = count * (this.#result_size * FLOAT_BYTES + PAGE_BYTES) + PAGE_BYTES;
    if (this.#places.length === 0 && bytes <= this.kernels.left_bytes) {
      this.#places = Array.from(
        { length: count },
        () => this.#newResult(this.kernels.allocate(this.#result_size, PAGE_BYTES)),
      );
    }
    return this.#places.map(({ data }) => wholePages(data));
  }

  #newResult(data: Float32Array<ArrayBuffer>): Result {
    const bound = (kind: TrainingKind) =>
      this.#runners[TRAINING_GRAPHS[kind]]?.bind(
        { ...this.#sources, ...this.#drawn[kind].sources },
        data,
        this.manifest.micro_batch,
      );
    return {
      data,
      training: { critic: bound("critic")!, generator: bound("generator")!, between: bound("between") },
    };
  }

  /** Takes a copy of a whole network's weights. */
  setWeights(network: NetworkName, weights: Float32Array): void {
    this.changeWeights(network, () => this.#weights[network].set(weights));
  }

  /** Adds a rounded difference to a network's weights. */
  addDifference(network: NetworkName, difference: Float32Array): void {
    this.#rounder!.addDifference(difference, this.#weights[network]);
    if (network === "generator") this.#forgetAhead("");
  }

  /** Has a network's weights changed; `change` may find that somebody has done it who has them in memory, too. */
  changeWeights(network: NetworkName, change: (weights: Uint8Array) => void): void {
    change(bytesOf(this.#weights[network]));
    if (network === "generator") this.#forgetAhead("");
  }

  /** A network's weights, to be trained where they lie. */
  weightsOf(network: NetworkName): Float32Array<ArrayBuffer> {
    return this.#weights[network];
  }

  /** The pages that a network's weights lie in, for a file to be mapped over them. */
  weightsPages(network: NetworkName): Uint8Array<ArrayBuffer> {
    return wholePages(this.#weights[network]);
  }

  runner(name: GraphName | typeof FEATURES_GRAPH): GraphRunner {
    return this.#runners[name]!;
  }

  /** Computes a node of the summing tree. `at`: into which of the places; else into a buffer of the engine's own. */
  async sum(task: SumTask, at: number | null = null): Promise<Sum> {
    const { begin, end } = task.node;
    const leaves = { begin: begin * this.#accumulate, end: end * this.#accumulate };
    const results = this.#results(at);
    const { largest, compute_ms } = await this.#sumInto(results, task, leaves);
    const sum = results[0]!.data.subarray(0, this.#sizeOf(task.kind));
    if (task.rounding) return { sum: this.#rounder!.pack(sum, task.rounding), largest: NaN, compute_ms };
    return { sum, largest: largest ?? this.kernels.largest(sum), compute_ms };
  }

  /** Adds the parts, which make up the node, in the order of the tree. `at`, `rounding`: as for {@linkcode sum}. */
  add(
    node: TreeNode,
    parts: readonly Part[],
    at: number | null = null,
    rounding: Rounding | null = null,
  ): Sum {
    const results = this.#results(at);
    let held = 0, largest: number | null = null;
    const sum = sumTree(
      node,
      ({ begin, end }) => {
        const part = parts.find(({ node }) => node.begin === begin && node.end === end);
        if (part === undefined) return undefined;
        const place = results[held++]!.data.subarray(0, part.sum.length);
        place.set(part.sum);
        return place;
      },
      (left, right) => {
        held--;
        largest = this.kernels.add(left, left, right);
        return left;
      },
    );
    if (rounding) return { sum: this.#rounder!.pack(sum, rounding), largest: NaN, compute_ms: 0 };
    return { sum, largest: largest ?? this.kernels.largest(sum), compute_ms: 0 };
  }

  /**
   * Makes the fakes of a shard's first leaf, to be used by a later {@linkcode sum} with the same purpose, counter and
   * weights.
   */
  async makeAhead({ shard, labels = null, ...task }: AheadTask): Promise<void> {
    const key = keyOf(task);
    if (this.#ahead.key !== key) this.#forgetAhead(key);
    const leaf = shard * this.#accumulate;
    if (this.#ahead.fakes.has(leaf)) return;
    const fakes = this.#spares.pop() ?? this.#newFakes();
    fakes.labels = labels;
    this.#labels.set(labels);
    try {
      await this.#forward(leaf, task, fakes);
    } catch (error) {
      this.#spares.push(fakes);
      throw error;
    }
    this.#ahead.fakes.set(leaf, fakes);
  }

  /** Frees the graphs. The engine is of no use then. */
  release(): void {
    const bound = [this.#fakes, ...this.#ahead.fakes.values(), ...this.#spares].map(({ forward }) => forward);
    const training = [...this.#levels, ...this.#places].flatMap(({ training }) => Object.values(training));
    for (const graph of [...bound, ...training]) graph?.release();
    for (const runner of Object.values(this.#runners)) runner.release();
  }

  #newFakes(): Fakes {
    const { micro_batch, example_shape } = this.manifest;
    const data = new Float32Array(micro_batch * numElements(example_shape));
    const sources = {
      generator: this.#weights.generator,
      noise: this.#noise,
      ...this.#drawn.fake.sources,
      ...this.#labelSource(),
    };
    const forward = this.#runners.generator_forward_model.bind(sources, data, micro_batch);
    return { data, labels: null, forward, compute_ms: 0 };
  }

  #labelSource(): Pick<Sources, "label"> {
    const { data } = this.#labels;
    return data === null ? {} : { label: data };
  }

  #forgetAhead(key: string): void {
    this.#spares.push(...this.#ahead.fakes.values());
    this.#ahead = { key, fakes: new Map() };
  }

  #sizeOf(kind: NetworkName): number {
    return this.manifest.graphs[`${kind}_training_model`].size;
  }

  #results(at: number | null): readonly Result[] {
    return at === null ? this.#levels : [this.#places[at]!, ...this.#levels.slice(1)];
  }

  /**
   * Sum of leaves into the first result; the others are scratch. A shard's leaves are a power of two, so that they are a
   * node: the tree over all leaves is the tree over the shards, with more below. `largest`: null where nothing was added.
   */
  async #sumInto(
    results: readonly Result[],
    task: SumTask,
    node: TreeNode,
  ): Promise<{ largest: number | null; compute_ms: number }> {
    if (node.end - node.begin === 1) {
      return { largest: null, compute_ms: await this.#leafInto(results[0]!, task, node.begin) };
    }
    const middle = split(node.begin, node.end);
    const left = await this.#sumInto(results, task, { begin: node.begin, end: middle });
    const right = await this.#sumInto(results.slice(1), task, { begin: middle, end: node.end });
    const size = this.#sizeOf(task.kind);
    const sum = results[0]!.data.subarray(0, size);
    const largest = this.kernels.add(sum, sum, results[1]!.data.subarray(0, size));
    return { largest, compute_ms: left.compute_ms + right.compute_ms };
  }

  async #leafInto({ training }: Result, task: SumTask, leaf: number): Promise<number> {
    let compute_ms = 0;
    if (task.kind === "critic" || this.#pairs) this.#fillReal(leaf, task);
    if (task.kind === "critic") {
      if (this.#mix !== null) {
        const { key, part } = this.#stream(leaf, "mixing", task);
        fillUniform(this.#mix, key, 0, 1, part * this.#mix.length);
      }
      compute_ms += await this.#fillFake(leaf, task);
    } else {
      this.#fillNoise(leaf, task);
      // Pairs are of one class: that of the real example.
      const { key, part } = this.#stream(leaf, "label", task);
      if (!this.#pairs) this.#labels.draw(key, part);
    }
    const graph = trainingKindOf(task, this.manifest);
    this.#fillDrawn(graph, leaf, task);
    return compute_ms + await training[graph]!.run();
  }

  #fillReal(leaf: number, task: SumTask): void {
    this.#labels.decode(this.#decoder, this.#examplesOf(task, leaf), this.#real);
    const { key, part } = this.#stream(leaf, `${task.kind}_flip`, task);
    this.#flips.apply(this.#real, key, part);
  }

  /** A leaf's rows of its shard's examples in this step. */
  #examplesOf({ leaves, node }: SumTask, leaf: number): Uint8Array {
    const { shard, part } = this.#placeOf(leaf);
    const examples = leaves[shard - node.begin]!.examples!;
    const bytes = examples.length / this.#accumulate;
    return examples.subarray(part * bytes, (part + 1) * bytes);
  }

  #placeOf(leaf: number): { shard: number; part: number } {
    return { shard: Math.floor(leaf / this.#accumulate), part: leaf % this.#accumulate };
  }

  /** Fakes with the labels of the real examples, which is what a penalty between them and a pairing of them need. */
  async #fillFake(leaf: number, task: NoiseTask): Promise<number> {
    const ahead = this.#ahead.key === keyOf(task) ? this.#ahead.fakes.get(leaf) : undefined;
    if (ahead === undefined || !this.#labels.are(ahead.labels)) {
      return await this.#forward(leaf, task, this.#fakes);
    }
    this.#fakes.data.set(ahead.data);
    return ahead.compute_ms;
  }

  /** A shard's stream of this step, which its leaves share out among them in order. */
  #stream(
    leaf: number,
    purpose: Purpose,
    { noise_counter: counter }: NoiseTask,
  ): { key: StreamKey; part: number } {
    const { shard, part } = this.#placeOf(leaf);
    return { key: { seed: this.seed, purpose, counter, shard }, part };
  }

  #fillNoise(leaf: number, task: NoiseTask): void {
    const { key, part } = this.#stream(leaf, task.noise_purpose, task);
    fillNormal(this.#noise, key, part * this.#noise.length);
  }

  #fillDrawn(graph: TrainingKind | "fake", leaf: number, { noise_counter }: NoiseTask): void {
    const { shard, part } = this.#placeOf(leaf);
    this.#drawn[graph].fill({ seed: this.seed, counter: noise_counter, shard }, part);
  }

  async #forward(leaf: number, task: NoiseTask, fakes: Fakes): Promise<number> {
    this.#fillNoise(leaf, task);
    this.#fillDrawn("fake", leaf, task);
    return fakes.compute_ms = await fakes.forward.run();
  }
}

function keyOf({ noise_purpose, noise_counter }: NoiseTask): string {
  return `${noise_purpose} ${noise_counter}`;
}
