/** Set-ups of simulated runs whose times can be worked out by hand. */
import { type Link, parseLink } from "../../common/link.ts";
import { FLOAT32_WIRE } from "../../common/wire_format.ts";
import type { Costs } from "../../simulation/costs.ts";
import type { Setup, WorkerGroup } from "../../simulation/setup.ts";

export const FREE: Costs = {
  message_ms: 0,
  receive_ns_per_byte: 0,
  send_ns_per_byte: 0,
  check_ns_per_byte: 0,
  sum_ns_per_number: 0,
  update_ns_per_weight: 0,
  worker_round_ns_per_number: 0,
  round_ns_per_number: 0,
  round_ms: 0,
  relay_ns_per_byte: 0,
};

/** 1 MB of weights and of gradients for each network, a header less and a tail more. */
const NUMBERS = 250_000;

export const link = (text: string): Link => parseLink(text);

export function group(more: Partial<WorkerGroup> = {}): WorkerGroup {
  return {
    name: "worker",
    count: 1,
    threads: 1,
    step_ms: { critic: 10, generator: 10 },
    link: null,
    on_its_cores: false,
    relayed: false,
    ...more,
  };
}

/** A run of which a processor does nothing but compute. */
export function setup(more: Partial<Setup> = {}): Setup {
  return {
    sizes: {
      weights: { critic: NUMBERS, generator: NUMBERS },
      results: {
        critic: { size: NUMBERS + 3, tail_offset: NUMBERS },
        generator: { size: NUMBERS + 2, tail_offset: NUMBERS },
      },
    },
    shards: 4,
    batch: 64,
    n_critic: 5,
    wire: FLOAT32_WIRE,
    groups: [group()],
    fakes_share: 0,
    streams: false,
    coordinator_link: null,
    cores: 2,
    costs: FREE,
    ...more,
  };
}
