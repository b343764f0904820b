/**
 * What a processor takes for what is no computing of gradients: messages, bytes, sums, updates. Measured on machine A of
 * docs/results/README.md (docs/scale.md says how).
 */
export interface Costs {
  /** Of a message, on each side: encoding or decoding it, and the event loop's turn. */
  readonly message_ms: number;
  /** Of bytes into a socket and out of one, on each side, while others travel. */
  readonly send_ns_per_byte: number;
  readonly receive_ns_per_byte: number;
  /** Of bytes that have arrived whole: checksums, a look at the numbers, the copy to a thread. */
  readonly check_ns_per_byte: number;
  /** Of each number of each result that is added to others. */
  readonly sum_ns_per_number: number;
  /** Of each weight: optimizer, clipping, checksum. */
  readonly update_ns_per_weight: number;
  /** Of each number that a worker rounds, and that the coordinator reads or makes, with --wire int8 and bfloat16. */
  readonly worker_round_ns_per_number: number;
  readonly round_ns_per_number: number;
  /** Of a round: records, events, whatever else. */
  readonly round_ms: number;
  /** Of each byte and direction, of a relay that makes a link on the coordinator's own machine (bench/far/relay.ts). */
  readonly relay_ns_per_byte: number;
}

export const MEASURED_COSTS: Costs = {
  message_ms: 0.04,
  send_ns_per_byte: 0.35,
  receive_ns_per_byte: 0.5,
  check_ns_per_byte: 0.25,
  sum_ns_per_number: 0.25,
  update_ns_per_weight: 0.8,
  worker_round_ns_per_number: 2.6,
  round_ns_per_number: 0.2,
  round_ms: 0.4,
  relay_ns_per_byte: 0.5,
};

/** Part of a critic step that makes fakes: of the networks of preset wgan, with 16 examples a shard. */
export const FAKES_SHARE = 0.45;

const MS_PER_NS = 1e-6;

/** Milliseconds of `count` things at so many nanoseconds each. */
export function costOf(count: number, each_ns: number): number {
  return count * each_ns * MS_PER_NS;
}

/** The costs of processors that are `speed` times as fast. */
export function atSpeed(costs: Costs, speed: number): Costs {
  return Object.fromEntries(
    Object.entries(costs).map(([name, cost]) => [name, cost / speed]),
  ) as unknown as Costs;
}
