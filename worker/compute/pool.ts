/**
 * The compute threads of a worker, as one: spreads the leaves of a node over them and adds the parts in the order
 * of the tree, so that the bits of a sum do not depend on how many threads there are.
 */
import { split, type TreeNode } from "../../kernels/tree.ts";
import type { WireFormat } from "../../common/wire_format.ts";
import { payloadSize } from "../../kernels/result_payload.ts";
import type { AheadTask, Part, SumTask } from "./sum_task.ts";
import type { Rounding } from "./rounder.ts";
import type { Calls, PlacedSum, SharedWork, SumPlace, WeightsWanted } from "./compute_calls.ts";
import type { Manifest } from "../../models/manifest.ts";
import type { Device } from "../runtime/device.ts";
import type { NetworkName } from "../../common/network_name.ts";
import type { JobTask } from "./jobs.ts";
import { type Learned, LearnerQueue, type LearnerRound } from "./learners/learner_queue.ts";
import { startThread, ThreadClient } from "./thread_client.ts";
import type { Probe } from "./probe.ts";
import type { SharedFiles } from "./shared_memory.ts";
import { UNWATCHED, type Watch } from "./watchdog.ts";

/** Spare buffers kept at a time; each is as large as a network. */
const MAX_SPARES = 16;

export type PoolOptions = Omit<Calls["prepare"]["takes"], "device">;

/** Cuts a node into at most `parts` subtrees, in order: what each thread adds up by itself. */
export function subtrees(node: TreeNode, parts: number): TreeNode[] {
  if (parts <= 1 || node.end - node.begin === 1) return [node];
  const middle = split(node.begin, node.end);
  const share = Math.round(parts * (middle - node.begin) / (node.end - node.begin));
  const left = Math.min(parts - 1, Math.max(1, share));
  return [
    ...subtrees({ begin: node.begin, end: middle }, left),
    ...subtrees({ begin: middle, end: node.end }, parts - left),
  ];
}

function transferable(place: SumPlace): ArrayBuffer[] {
  return place instanceof Float32Array ? [place.buffer] : [];
}

/** Buffers to use again. */
class Spares {
  readonly #buffers: Float32Array<ArrayBuffer>[] = [];

  /** One of exactly this length, its content left from before. */
  take(length: number): Float32Array<ArrayBuffer> {
    const i = this.#buffers.findIndex((buffer) => buffer.length === length);
    return i < 0 ? new Float32Array(length) : this.#buffers.splice(i, 1)[0]!;
  }

  put(buffer: Float32Array<ArrayBuffer>): void {
    if (this.#buffers.length < MAX_SPARES) this.#buffers.push(buffer);
  }
}

export class Pool {
  /** Called once if a thread breaks; the pool is of no use then. */
  onbroken: ((reason: string) => void) | null = null;
  readonly probes: readonly Probe[];
  readonly #manifest: Manifest;
  readonly #wire: WireFormat;
  readonly #clients: readonly ThreadClient[];
  readonly #learners: LearnerQueue;
  /** Buffers travel to the threads and back: fresh ones cost more than the copies into them. */
  readonly #spares = new Spares();
  #jobs = 0;

  private constructor(
    clients: readonly ThreadClient[],
    { manifest, options }: PoolOptions,
    probes: readonly Probe[],
  ) {
    this.#manifest = manifest;
    this.#wire = options.wire ?? "float32";
    this.#clients = clients;
    this.#learners = new LearnerQueue(clients);
    this.probes = probes;
    for (const client of clients) client.onbroken = (reason) => this.onbroken?.(reason);
  }

  /**
   * Starts one thread per device, compiles the graphs there and runs the probe. `watch`: watches each call.
   * @throws {ComputeError} where a graph does not compile or run.
   */
  static async create(
    devices: readonly Device[],
    options: PoolOptions,
    watch: Watch = UNWATCHED,
  ): Promise<Pool> {
    const clients = devices.map(() => new ThreadClient(startThread(), watch));
    try {
      const probes = await Promise.all(
        clients.map((client, i) => client.call("prepare", { ...options, device: devices[i]! })),
      );
      for (const [i, client] of clients.entries()) client.shard_ms = probes[i]!.shard_ms;
      return new Pool(clients, options, probes);
    } catch (error) {
      for (const client of clients) client.retire();
      throw error;
    }
  }

  /**
   * Gives a network's weights, or a rounded difference to add to them, to every thread, for the calls that follow. Fails
   * only as `onbroken` tells.
   */
  setWeights(network: NetworkName, weights: Float32Array, is_difference = false): void {
    for (const client of this.#clients) {
      const copy = this.#spares.take(weights.length);
      copy.set(weights);
      client.call("weights", { network, weights: copy, is_difference }, [copy.buffer])
        .then((back) => this.#spares.put(back), () => {});
    }
  }

  /** Tells the threads of the shared files: what weights lie in, and what sums go to. */
  async share(files: SharedFiles): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.call("share", files)));
  }

  /**
   * Computes a node of the summing tree: with the weights given before into a buffer, or else as `shared` says. Throws
   * {@linkcode ComputeError}.
   */
  async sum(task: SumTask, shared: SharedWork | null = null): Promise<PlacedSum> {
    for (const client of this.#clients) client.dropAhead();
    const clients = this.#byLoad();
    const [first, ...rest] = subtrees(task.node, clients.length);
    const weights = shared?.weights ?? null;
    const { rounding = null } = task;
    const place = () => shared?.parcel ?? this.#buffer(task.kind, rounding === null ? "float32" : this.#wire);
    if (rest.length === 0) return await this.#sumOf(task.node, task, weights, clients[0]!, place());
    const parts = await Promise.all([first!, ...rest].map(async (node, i): Promise<Part & PlacedSum> => {
      const buffer = this.#buffer(task.kind, "float32");
      const placed = await this.#sumOf(node, { ...task, rounding: null }, weights, clients[i]!, buffer);
      return { ...placed, node, sum: placed.sum! };
    }));
    const { sum, largest } = await this.#add(task.node, parts, place(), rounding);
    return { sum, largest, compute_ms: parts.reduce((total, { compute_ms }) => total + compute_ms, 0) };
  }

  async #add(
    node: TreeNode,
    parts: readonly Part[],
    place: SumPlace,
    rounding: Rounding | null,
  ): Promise<PlacedSum> {
    const transfer = parts.map(({ sum }) => sum.buffer);
    const client = this.#byLoad()[0]!;
    const takes = { node, parts, place, rounding };
    const added = await client.call("add", takes, [...transfer, ...transferable(place)]);
    for (const { sum } of added.parts) this.#spares.put(sum);
    return added;
  }

  #buffer(kind: NetworkName, format: WireFormat): Float32Array<ArrayBuffer> {
    return this.#spares.take(payloadSize(format, this.#manifest.graphs[`${kind}_training_model`]));
  }

  /** Takes back the buffer of a {@linkcode sum} that nobody reads any more. */
  recycle(sum: Float32Array<ArrayBuffer>): void {
    this.#spares.put(sum);
  }

  #sumOf(
    node: TreeNode,
    task: SumTask,
    weights: WeightsWanted,
    client: ThreadClient,
    place: SumPlace,
  ): Promise<PlacedSum> {
    const first = node.begin - task.node.begin;
    const leaves = task.leaves.slice(first, first + node.end - node.begin);
    return client.call("sum", { task: { ...task, node, leaves }, weights, place }, transferable(place));
  }

  /**
   * Makes fakes for the leaves of a node while the threads are idle; given up when other work arrives. `labelsOf`: of the
   * shard's first leaf in that step; null where there are none.
   */
  makeAhead(
    node: TreeNode,
    task: Omit<AheadTask, "shard" | "labels">,
    labelsOf: (shard: number) => Float32Array | null = () => null,
  ): void {
    const clients = this.#byLoad();
    subtrees(node, clients.length).forEach(({ begin, end }, i) => {
      for (let shard = begin; shard < end; shard++) {
        // A failure here shows again, and is answered, when the work itself arrives.
        clients[i]!.whenIdle("ahead", { ...task, shard, labels: labelsOf(shard) }).catch(() => {});
      }
    });
  }

  /**
   * Has a thread train a learner for a round. Null where it is not wanted any more. Throws {@linkcode ComputeError}.
   */
  learn(round: LearnerRound): Promise<Learned | null> {
    return this.#learners.run(round);
  }

  /** Runs a job on the least busy thread. Throws {@linkcode ComputeError}. */
  async job(task: JobTask): Promise<Float32Array<ArrayBuffer>> {
    const client = this.#byLoad()[0]!;
    const job = ++this.#jobs;
    await client.call("open_job", { job, task });
    let result: Float32Array<ArrayBuffer> | null = null;
    while (result === null) result = await client.whenIdle("step_job", { job });
    return result;
  }

  /** Ends all threads, each once it has done what it is doing. */
  terminate(): void {
    for (const client of this.#clients) client.retire();
  }

  /** The least busy first; equal ones in order, so that a shard comes back to the thread that knows its fakes. */
  #byLoad(): ThreadClient[] {
    return this.#clients.toSorted((a, b) => a.load - b.load);
  }
}
