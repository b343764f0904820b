/**
 * The compute threads of a worker, as one: spreads the leaves of a node over them and adds the parts in the order
 * of the tree, so that the bits of a sum do not depend on how many threads there are.
 */
import { split, sumTree, type TreeNode } from "../kernels/tree.ts";
import type { AheadTask, Sum, SumTask } from "./engine.ts";
import type { Calls } from "./compute_calls.ts";
import type { Manifest } from "../models/manifest.ts";
import type { Device } from "./device.ts";
import type { Network } from "./fence.ts";
import type { JobTask } from "./jobs.ts";
import { Lane, startThread } from "./lane.ts";
import type { Probe } from "./probe.ts";

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

/** left += right. The store rounds the double sum to float32, which is the float32 sum. */
function addInto(left: Float32Array<ArrayBuffer>, right: Float32Array): Float32Array<ArrayBuffer> {
  for (let i = 0; i < left.length; i++) left[i] = left[i]! + right[i]!;
  return left;
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
  readonly #lanes: readonly Lane[];
  /** Buffers travel to the threads and back: fresh ones cost more than the copies into them. */
  readonly #spares = new Spares();
  #jobs = 0;

  private constructor(lanes: readonly Lane[], manifest: Manifest, probes: readonly Probe[]) {
    this.#manifest = manifest;
    this.#lanes = lanes;
    this.probes = probes;
    for (const lane of lanes) lane.onbroken = (reason) => this.onbroken?.(reason);
  }

  /**
   * Starts one thread per device, compiles the graphs there and runs the probe.
   * @throws {ComputeError} where a graph does not compile or run.
   */
  static async create(devices: readonly Device[], options: PoolOptions): Promise<Pool> {
    const lanes = devices.map(() => new Lane(startThread()));
    try {
      const probes = await Promise.all(
        lanes.map((lane, i) => lane.call("prepare", { ...options, device: devices[i]! })),
      );
      return new Pool(lanes, options.manifest, probes);
    } catch (error) {
      for (const lane of lanes) lane.terminate();
      throw error;
    }
  }

  /** Gives a network's weights to every thread, for the calls that follow. Fails only as `onbroken` tells. */
  setWeights(network: Network, weights: Float32Array): void {
    for (const lane of this.#lanes) {
      const copy = this.#spares.take(weights.length);
      copy.set(weights);
      lane.call("weights", { network, weights: copy }, [copy.buffer])
        .then((back) => this.#spares.put(back), () => {});
    }
  }

  /** Computes a node of the summing tree with the weights given before. Throws {@linkcode ComputeError}. */
  async sum(task: SumTask): Promise<Sum> {
    for (const lane of this.#lanes) lane.dropAhead();
    const lanes = this.#byLoad();
    const cut = subtrees(task.node, lanes.length);
    const parts = await Promise.all(cut.map((node, i) => this.#sumOf(node, task, lanes[i]!)));
    const sum = sumTree(
      task.node,
      ({ begin, end }) => parts[cut.findIndex((node) => node.begin === begin && node.end === end)]?.sum,
      addInto,
    );
    for (const part of parts) if (part.sum !== sum) this.#spares.put(part.sum);
    return { sum, compute_ms: parts.reduce((total, { compute_ms }) => total + compute_ms, 0) };
  }

  /** Takes back the buffer of a {@linkcode sum} that nobody reads any more. */
  recycle(sum: Float32Array<ArrayBuffer>): void {
    this.#spares.put(sum);
  }

  #sumOf(node: TreeNode, task: SumTask, lane: Lane): Promise<Sum> {
    const first = node.begin - task.node.begin;
    const leaves = task.leaves.slice(first, first + node.end - node.begin);
    const out = this.#spares.take(this.#manifest.graphs[`${task.kind}_training_model`].size);
    return lane.call("sum", { task: { ...task, node, leaves }, out }, [out.buffer]);
  }

  /** Makes fakes for the leaves of a node while the threads are idle; given up when other work arrives. */
  makeAhead(node: TreeNode, task: Omit<AheadTask, "shard">): void {
    const lanes = this.#byLoad();
    subtrees(node, lanes.length).forEach(({ begin, end }, i) => {
      for (let shard = begin; shard < end; shard++) {
        // A failure here shows again, and is answered, when the work itself arrives.
        lanes[i]!.whenIdle("ahead", { ...task, shard }).catch(() => {});
      }
    });
  }

  /** Runs a job on the least busy thread, with the weights given before. Throws {@linkcode ComputeError}. */
  async job(task: JobTask): Promise<Float32Array<ArrayBuffer>> {
    const lane = this.#byLoad()[0]!;
    const job = ++this.#jobs;
    await lane.call("open_job", { job, task });
    let result: Float32Array<ArrayBuffer> | null = null;
    while (result === null) result = await lane.whenIdle("step_job", { job });
    return result;
  }

  /** Ends all threads. */
  terminate(): void {
    for (const lane of this.#lanes) lane.terminate();
  }

  /** The least busy first; equal ones in order, so that a shard comes back to the thread that knows its fakes. */
  #byLoad(): Lane[] {
    return this.#lanes.toSorted((a, b) => a.load - b.load);
  }
}
