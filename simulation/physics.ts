/**
 * What no implementation can beat: bytes over rates, round trips, computing. For the coordinator and its workers as they
 * are, for local steps, and for a ring all-reduce between the workers, to compare with.
 */
import type { NetworkName } from "../common/network_name.ts";
import { WIRE_BYTES, type WireFormat } from "../common/wire_format.ts";
import { costOf } from "./costs.ts";
import { timeOf } from "./pipes.ts";
import { numThreads, numWorkers, type Setup, type WorkerGroup } from "./setup.ts";
import { type NetworkSizes, resultBytes, weightsBytes } from "./sizes.ts";

/** Bytes between the coordinator and one worker in a mean critic step. */
export interface StepBytes {
  readonly down: number;
  readonly up: number;
}

/** How bytes travel: in which format, and whether in every step. */
export interface Mode {
  readonly format: WireFormat;
  /** Critic steps that a worker makes by itself between two exchanges; 1: every step is exchanged. */
  readonly local_steps: number;
}

/** Per weight, an exchange after local steps carries the weight and the optimizer's mean of squares. */
const LOCAL_NUMBERS = 2;

/**
 * Bytes of a mean critic step. Without local steps: the critic's weights down and its sum up in each, the generator's in
 * one of `n_critic`. With them: weights and the optimizer's state of both networks, both ways, once in `local_steps`.
 */
export function bytesOfStep(sizes: NetworkSizes, n_critic: number, mode: Mode, sums = 1): StepBytes {
  const { format, local_steps } = mode;
  if (local_steps > 1) {
    const numbers = LOCAL_NUMBERS * (sizes.weights.critic + sizes.weights.generator);
    const bytes = numbers * WIRE_BYTES[format] / local_steps;
    return { down: bytes, up: bytes };
  }
  const mean = (of: (network: NetworkName) => number) => of("critic") + of("generator") / n_critic;
  return {
    down: mean((network) => weightsBytes(sizes, network, format)),
    up: sums * mean((network) => resultBytes(sizes, network, format)),
  };
}

/** Milliseconds of a mean critic step, the generator's share included, that each resource needs at least. */
export interface Bounds {
  readonly computing: number;
  readonly worker_link: number;
  readonly coordinator_link: number;
  readonly round_trips: number;
}

/** Bounds of a step that all workers of these groups compute, their shards shared out evenly over their threads. */
export function boundsOf(setup: Setup, mode: Mode): Bounds {
  const { groups, shards, n_critic, sizes, coordinator_link } = setup;
  const per_thread = Math.ceil(shards / numThreads(setup));
  const { down, up } = bytesOfStep(sizes, n_critic, mode);
  const most = (of: (group: WorkerGroup) => number) => Math.max(0, ...groups.map(of));
  const rounds = mode.local_steps > 1 ? 1 / mode.local_steps : 1 + 1 / n_critic;
  return {
    computing: most(({ step_ms }) => per_thread * (step_ms.critic + step_ms.generator / n_critic)),
    worker_link: most(({ link }) =>
      link ? Math.max(timeOf(down, link.down_bps), timeOf(up, link.up_bps)) : 0
    ),
    coordinator_link: coordinator_link
      ? numFar(setup) * Math.max(timeOf(down, coordinator_link.up_bps), timeOf(up, coordinator_link.down_bps))
      : 0,
    round_trips: rounds * most(({ link }) => link?.rtt_ms ?? 0),
  };
}

/** Workers behind links that can have a shard. */
function numFar({ groups, shards }: Setup): number {
  return Math.min(shards, numWorkers({ groups: groups.filter(({ link }) => link !== null) }));
}

/** The shortest possible step: transfers overlap each other and the computing, round trips do not. */
export function shortestStep({ computing, worker_link, coordinator_link, round_trips }: Bounds): number {
  return Math.max(computing, worker_link, coordinator_link) + round_trips;
}

/** The shortest possible step of any team: groups with quick links first, of the last one 1, 2, 4, ... or all workers. */
export function shortestOfTeams(setup: Setup, mode: Mode): number {
  const { down, up } = bytesOfStep(setup.sizes, setup.n_critic, mode);
  const onTheWay = ({ link }: WorkerGroup) =>
    link ? timeOf(down, link.down_bps) + timeOf(up, link.up_bps) + link.rtt_ms : 0;
  const groups = setup.groups.toSorted((a, b) => onTheWay(a) - onTheWay(b));
  let shortest_ms = Infinity;
  for (const [i, last] of groups.entries()) {
    for (let count = 1; count < 2 * last.count; count *= 2) {
      const team = [...groups.slice(0, i), { ...last, count: Math.min(count, last.count) }];
      shortest_ms = Math.min(shortest_ms, shortestStep(boundsOf({ ...setup, groups: team }, mode)));
    }
  }
  return shortest_ms;
}

/**
 * A step of a ring all-reduce over the workers' links, float32, computing first: 2 (W - 1) turns of 1 / W of the
 * gradients each (Patarasuk and Yuan, "Bandwidth optimal all-reduce algorithms", 2009). The slowest link sets the pace.
 */
export function ringStep(setup: Setup): number {
  const { groups, n_critic, sizes } = setup;
  const { computing } = boundsOf(setup, { format: "float32", local_steps: 1 });
  const workers = numWorkers(setup);
  const links = groups.flatMap(({ link }) => link ?? []);
  if (links.length === 0 || workers === 1) return computing;
  const slowest_bps = Math.min(...links.flatMap(({ down_bps, up_bps }) => [down_bps, up_bps]));
  const hop_ms = Math.max(...links.map(({ rtt_ms }) => rtt_ms / 2));
  const turns = 2 * (workers - 1);
  const reduce = (network: NetworkName) =>
    turns * (hop_ms + timeOf(4 * sizes.weights[network] / workers, slowest_bps));
  return computing + reduce("critic") + reduce("generator") / n_critic;
}

/**
 * A step with local steps, by all workers: its computing, and its part of an exchange. An exchange brings everything to
 * all workers, and then everything back; whatever takes longest sets the pace of each: a worker's link, the coordinator's,
 * or its processor.
 */
export function localStep(setup: Setup, mode: Mode): number {
  const { sizes, n_critic, coordinator_link, costs, groups } = setup;
  const { computing, round_trips } = boundsOf(setup, mode);
  const { down, up } = bytesOfStep(sizes, n_critic, mode);
  const workers = numFar(setup), links = groups.flatMap(({ link }) => link ?? []);
  const shared_ms = (bytes: number, bps: number | undefined, ns_per_byte: number) =>
    workers * Math.max(bps === undefined ? 0 : timeOf(bytes, bps), costOf(bytes, ns_per_byte));
  const received = costs.receive_ns_per_byte + costs.check_ns_per_byte;
  const out_ms = Math.max(
    shared_ms(down, coordinator_link?.up_bps, costs.send_ns_per_byte),
    ...links.map(({ down_bps }) => timeOf(down, down_bps)),
  );
  const in_ms = Math.max(
    shared_ms(up, coordinator_link?.down_bps, received),
    ...links.map(({ up_bps }) => timeOf(up, up_bps)),
  );
  return computing + out_ms + in_ms + round_trips;
}
