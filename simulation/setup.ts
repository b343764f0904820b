/** What is simulated: a run, its workers, and the machines and links that they have. */
import type { Link } from "../common/link.ts";
import type { Wire } from "../common/wire_format.ts";
import type { Costs } from "./costs.ts";
import type { NetworkSizes } from "./sizes.ts";

/** Equal workers. */
export interface WorkerGroup {
  readonly name: string;
  readonly count: number;
  /** Threads of each that compute side by side. */
  readonly threads: number;
  /** Time of a shard's gradient on one thread, with nothing else to do; of the critic's, the making of fakes included. */
  readonly step_ms: { readonly critic: number; readonly generator: number };
  /** null: on the coordinator's machine, with which they share memory. */
  readonly link: Link | null;
  /** True if they compute on the coordinator's cores though they are behind a link, as in `deno task bench --only far`. */
  readonly on_its_cores: boolean;
  /** True if its link is made by a process on the coordinator's cores (bench/far/relay.ts). */
  readonly relayed: boolean;
}

export interface Setup {
  readonly sizes: NetworkSizes;
  readonly shards: number;
  /** Examples of a critic step. */
  readonly batch: number;
  /** Critic steps for one generator step. */
  readonly n_critic: number;
  readonly wire: Wire;
  readonly groups: readonly WorkerGroup[];
  /** Part of a critic step that makes fakes, which a worker that waits can make ahead. */
  readonly fakes_share: number;
  /** False: results and weights travel whole, one way after the other. */
  readonly streams: boolean;
  /** The coordinator's own link, which all workers behind links share; null: as fast as all of theirs together. */
  readonly coordinator_link: Pick<Link, "down_bps" | "up_bps"> | null;
  /** The coordinator's cores, which its local workers share. */
  readonly cores: number;
  readonly costs: Costs;
}

export function numWorkers({ groups }: Pick<Setup, "groups">): number {
  return groups.reduce((sum, { count }) => sum + count, 0);
}

export function numThreads({ groups }: Pick<Setup, "groups">): number {
  return groups.reduce((sum, { count, threads }) => sum + count * threads, 0);
}
