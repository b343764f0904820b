/** Where shards are computed: given to workers by their speeds, shipped to them, and said to those that have none. */
import type { TreeNode } from "../../../kernels/tree.ts";
import type { ShardSource } from "../../data/sharded_data.ts";
import type { Answers } from "../answers/answers.ts";
import type { Member } from "../member.ts";
import type { FleetObserver } from "../observer.ts";
import { holdAll, shipShards, tellSpares } from "../shipping.ts";
import type { Range } from "./assignment.ts";
import { candidates } from "./eligibility.ts";
import { type BegunRound, ShardRebalancer } from "./shard_rebalancer.ts";
import type { SpareReason } from "./spare_workers.ts";

export interface PlacementOptions {
  readonly run: string;
  readonly data: ShardSource;
  /** Those that are in. */
  readonly members: ReadonlyMap<number, Member>;
  readonly answers: Answers;
  readonly observer: Pick<FleetObserver, "fault">;
  /**
   * True for a relay: it computes a part of a run's shards, as another coordinator asks. The time between its rounds is
   * that of the run, and says nothing about its own workers.
   */
  readonly is_relay: boolean;
}

export class Placement {
  readonly #options: PlacementOptions;
  #rebalancer: ShardRebalancer;
  /** Shards that are given out. */
  #span: TreeNode;

  constructor(options: PlacementOptions) {
    this.#options = options;
    this.#span = { begin: 0, end: options.data.plan.num_shards };
    this.#rebalancer = this.#open();
  }

  #open(): ShardRebalancer {
    const { begin, end } = this.#span;
    return new ShardRebalancer(end - begin, this.#options.answers.unit_shards ?? 1);
  }

  /** From now on only these shards are given out. */
  setSpan(span: TreeNode): void {
    if (span.begin === this.#span.begin && span.end === this.#span.end) return;
    this.#span = span;
    this.#rebalancer = this.#open();
  }

  get ranges(): readonly Range[] {
    const { ranges } = this.#rebalancer, { begin: first } = this.#span;
    if (first === 0) return ranges;
    return ranges.map(({ worker, begin, end }) => ({ worker, begin: begin + first, end: end + first }));
  }

  /** True while a team is tried: what else would load the workers must wait. */
  get is_trying(): boolean {
    return this.#rebalancer.is_trying;
  }

  /** Why a worker is left out, where steps with it were longer. */
  whySpare(worker: number): SpareReason | null {
    return this.#rebalancer.whySpare(worker);
  }

  /** Gives shards to other workers where that is due, for a round that begins. True where speeds were the reason. */
  update(kind: BegunRound["kind"], now_ms: number): boolean {
    const { members, answers, observer, is_relay } = this.#options;
    const present = [...members.values()];
    const speeds = answers.speedsOf(candidates(present, this.ranges));
    // Teams are tried once all hold their data.
    const holdsAll = () => !is_relay && holdAll(this.ranges, members);
    const isLocal = (worker: number) => members.get(worker)?.channel.is_near ?? false;
    const change = this.#rebalancer.update(speeds, now_ms, { kind, holdsAll, isLocal });
    if (change === null || change.is_trial) return false;
    const { reason } = change;
    if (reason !== null) {
      observer.fault({ what: "uneven speeds", worker: null, decision: "moved shards", reason });
    }
    this.ship();
    tellSpares(this, present, is_relay ? null : { num_shards: this.#span.end, learners: answers.learners });
    return reason !== null;
  }

  /** Sends each worker those of its shards that are at hand, while it computes. */
  ship(): void {
    const { run, members, data } = this.#options;
    shipShards(this.ranges, members, run, data);
  }
}
