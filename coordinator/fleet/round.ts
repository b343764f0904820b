/**
 * One round: the result of every shard for one kind of gradient of one step. A pure state machine over nodes of
 * the summing tree: who was asked for which node, which nodes have arrived, what a death or a delay means.
 * The first answer for a node counts; later ones are duplicates and change nothing.
 */
import { cover, split, type TreeNode } from "../../kernels/tree.ts";
import type { Range } from "./placement/assignment.ts";
import type { ChunkedGradients } from "./streaming/result_chunks.ts";

/** A node of the tree, asked of a worker. */
export interface Task {
  readonly worker: number;
  readonly begin: number;
  readonly end: number;
  readonly issued_ms: number;
}

/**
 * A node's result as it came from the wire: `values` is its payload (kernels/result_payload.ts), or only the tail if the
 * gradients came in `chunks`.
 */
export interface NodeResult {
  readonly begin: number;
  readonly end: number;
  readonly values: Float32Array;
  readonly chunks?: ChunkedGradients;
}

/** In place of a worker, as the owner of shards that nobody wants of a round. */
const UNWANTED = 0xffff_ffff;

export class Round {
  readonly #num_shards: number;
  readonly #group_shards: number | null;
  /** Asked and not answered. Several workers may have been asked for the same node. */
  #open: Task[] = [];
  /** Owner of each arrived shard; 0 while missing. */
  readonly #done: Uint32Array;
  readonly #wanted: TreeNode[] = [];
  #missing = 0;

  /**
   * `group_shards`: shards of a wire group, which is asked for as a whole and by itself; null: any node is. `wanted`: what
   * the round is about, unless more is wanted later; absent: all shards.
   */
  constructor(num_shards: number, group_shards: number | null = null, wanted?: TreeNode) {
    this.#num_shards = num_shards;
    this.#group_shards = group_shards;
    this.#done = new Uint32Array(num_shards).fill(UNWANTED);
    this.want(wanted ?? { begin: 0, end: num_shards });
  }

  /**
   * The round is about this node, too: no answer will go beyond it, and no two such nodes share one. False where a part of
   * it is wanted already, as another node.
   */
  want({ begin, end }: TreeNode): boolean {
    if (this.#wanted.some((node) => node.begin === begin && node.end === end)) return true;
    if (this.#done.subarray(begin, end).some((owner) => owner !== UNWANTED)) return false;
    this.#wanted.push({ begin, end });
    this.#done.fill(0, begin, end);
    this.#missing += end - begin;
    return true;
  }

  get complete(): boolean {
    return this.#missing === 0;
  }

  get open(): readonly Task[] {
    return this.#open;
  }

  /** True if a worker was asked for a node and has not answered. */
  isAsked(worker: number, begin: number, end: number): boolean {
    return this.#open.some((t) => t.worker === worker && t.begin === begin && t.end === end);
  }

  /** Asks each worker for its range of what is wanted and nobody was asked for, as maximal nodes of the tree. */
  start(ranges: readonly Range[], now_ms: number): Task[] {
    const missing = this.#uncovered();
    return ranges.flatMap(({ worker, begin, end }) => {
      const parts = missing.map(([from, to]) => [Math.max(begin, from), Math.min(end, to)] as const);
      return parts.filter(([from, to]) => from < to)
        .flatMap(([from, to]) => this.#issue(worker, from, to, now_ms));
    });
  }

  /** Takes an answer. "duplicate": all its shards had arrived. "unknown": that worker was not asked for it. */
  accept(worker: number, begin: number, end: number): "accepted" | "duplicate" | "unknown" {
    const index = this.#open.findIndex((t) => t.worker === worker && t.begin === begin && t.end === end);
    if (index < 0) return "unknown";
    this.#open.splice(index, 1);
    if (this.#done.subarray(begin, end).some((owner) => owner !== 0)) return "duplicate";
    this.#done.fill(worker, begin, end);
    this.#missing -= end - begin;
    return "accepted";
  }

  /**
   * Turns an answer down: the node is as if that worker had not been asked. "duplicate": others have answered it
   * meanwhile.
   */
  reject(worker: number, begin: number, end: number): "rejected" | "duplicate" | "unknown" {
    const index = this.#open.findIndex((t) => t.worker === worker && t.begin === begin && t.end === end);
    if (index < 0) return "unknown";
    this.#open.splice(index, 1);
    return this.#done.subarray(begin, end).every((owner) => owner !== 0) ? "duplicate" : "rejected";
  }

  /** An answer counts after all that was turned down. Returns true. */
  acceptRejected(worker: number, begin: number, end: number): true {
    this.#done.fill(worker, begin, end);
    this.#missing -= end - begin;
    return true;
  }

  /** Asks the least loaded of these workers for a node, or for what of it nobody has answered and nobody is asked for. */
  askAgain(begin: number, end: number, workers: readonly number[], now_ms: number): Task[] {
    const is_whole = this.#done.subarray(begin, end).every((owner) => owner === 0) &&
      !this.#open.some((task) => task.begin < end && begin < task.end);
    if (!is_whole || workers.length === 0) return this.reissueMissing(workers, now_ms);
    return this.#issue(this.#leastLoaded(workers), begin, end, now_ms);
  }

  /** A worker is gone: what only it was asked for goes to the others. Without others it stays missing. */
  lost(worker: number, others: readonly number[], now_ms: number): Task[] {
    this.#open = this.#open.filter((t) => t.worker !== worker);
    return this.reissueMissing(others, now_ms);
  }

  /** Asks for every shard that nobody is working on, spread over the given workers. */
  reissueMissing(workers: readonly number[], now_ms: number): Task[] {
    if (workers.length === 0) return [];
    return this.#uncovered().flatMap(([begin, end]) => this.#spread(begin, end, workers, now_ms));
  }

  /** Asks an idle worker, too, for each node of which all who were asked for it are late. */
  doubleLate(isLate: (task: Task) => boolean, idle: readonly number[], now_ms: number): Task[] {
    if (idle.length === 0) return [];
    // By shard, or a thousand workers would be compared with each other.
    const awaited = new Uint8Array(this.#num_shards);
    const had = Array.from(awaited, (): number[] => []);
    for (const task of this.#open) {
      if (!isLate(task)) awaited.fill(1, task.begin, task.end);
      for (let shard = task.begin; shard < task.end; shard++) had[shard]!.push(task.worker);
    }
    const asked: Task[] = [];
    for (const { begin, end } of [...this.#open]) {
      if (awaited.subarray(begin, end).includes(1)) continue;
      const asked_before = new Set(had.slice(begin, end).flat());
      const fresh = idle.filter((worker) => !asked_before.has(worker));
      if (fresh.length === 0) continue;
      asked.push(...this.#issue(this.#leastLoaded(fresh), begin, end, now_ms));
      awaited.fill(1, begin, end);
    }
    return asked;
  }

  /** Shards that have not arrived and that nobody was asked for, as ranges within the nodes that are wanted. */
  #uncovered(): [number, number][] {
    const covered = Uint8Array.from(this.#done, (owner) => owner === 0 ? 0 : 1);
    for (const task of this.#open) covered.fill(1, task.begin, task.end);
    const begins = new Set(this.#wanted.map(({ begin }) => begin));
    const ranges: [number, number][] = [];
    for (let shard = 0; shard < this.#num_shards; shard++) {
      if (covered[shard]) continue;
      const last = ranges.at(-1);
      if (last && last[1] === shard && !begins.has(shard)) last[1]++;
      else ranges.push([shard, shard + 1]);
    }
    return ranges;
  }

  /** What a range is asked for as: its wire groups, or the fewest nodes that make it up. */
  #nodes(begin: number, end: number): TreeNode[] {
    const size = this.#group_shards;
    if (size === null) return cover(begin, end, this.#num_shards);
    return Array.from({ length: (end - begin) / size }, (_, i) => {
      return { begin: begin + i * size, end: begin + (i + 1) * size };
    });
  }

  /** Cuts a range in two along the tree as long as there are workers to share it. */
  #spread(begin: number, end: number, workers: readonly number[], now_ms: number): Task[] {
    const tasks: Task[] = [];
    const pieces = this.#nodes(begin, end);
    while (this.#group_shards === null && pieces.length < workers.length) {
      const largest = pieces.reduce((a, b) => (b.end - b.begin > a.end - a.begin ? b : a));
      if (largest.end - largest.begin < 2) break;
      const middle = split(largest.begin, largest.end);
      const at = pieces.indexOf(largest);
      pieces.splice(at, 1, { begin: largest.begin, end: middle }, { begin: middle, end: largest.end });
    }
    for (const piece of pieces) {
      tasks.push(...this.#issue(this.#leastLoaded(workers), piece.begin, piece.end, now_ms));
    }
    return tasks;
  }

  #leastLoaded(workers: readonly number[]): number {
    if (workers.length === 1) return workers[0]!;
    const loads = new Map<number, number>();
    for (const { worker, begin, end } of this.#open) {
      loads.set(worker, (loads.get(worker) ?? 0) + end - begin);
    }
    const load = (worker: number) => loads.get(worker) ?? 0;
    return workers.reduce((best, worker) => (load(worker) < load(best) ? worker : best));
  }

  #issue(worker: number, begin: number, end: number, issued_ms: number): Task[] {
    const tasks = this.#nodes(begin, end).map((node) => ({ ...node, worker, issued_ms }));
    this.#open.push(...tasks);
    return tasks;
  }
}
