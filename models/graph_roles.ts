/** How each graph of a manifest is fed and read, as its name says (`GRAPH_NAMES` in `manifest.ts`). */
import type { NetworkName } from "../common/network_name.ts";
import type { AnyGraphName, Source, State } from "./manifest.ts";
import { TAIL_NAMES } from "./tail.ts";

/** Inputs and outputs of each graph. `trains`: the state whose gradients it yields; then `result` is its tail. */
export interface GraphRole {
  readonly users: readonly Source[];
  /** A user input that may follow those. */
  readonly may_use?: Source;
  readonly states: readonly State[];
  readonly batch: "micro_batch" | "N";
  /** True if masks may follow: what is trained may drop, what is used afterwards does not. */
  readonly drops?: true;
  readonly trains: NetworkName | null;
  readonly result: readonly string[];
  /** True if it takes no labels in any run. */
  readonly unlabelled?: true;
}

const CRITIC: GraphRole = {
  users: ["real", "fake"],
  states: ["critic"],
  batch: "micro_batch",
  drops: true,
  trains: "critic",
  result: TAIL_NAMES.critic,
};

export const GRAPH_ROLES: Readonly<Record<AnyGraphName, GraphRole>> = {
  critic_training_model: { ...CRITIC, may_use: "mix" },
  critic_between_model: CRITIC,
  generator_training_model: {
    users: ["noise"],
    may_use: "real",
    states: ["generator", "critic"],
    batch: "micro_batch",
    drops: true,
    trains: "generator",
    result: TAIL_NAMES.generator,
  },
  generator_forward_model: {
    users: ["noise"],
    states: ["generator"],
    batch: "micro_batch",
    drops: true,
    trains: null,
    result: ["fake"],
  },
  critic_eval_model: { users: ["real"], states: ["critic"], batch: "N", trains: null, result: ["scores"] },
  sampler_model: {
    users: ["noise"],
    states: ["generator", "statistics"],
    batch: "N",
    trains: null,
    result: ["samples"],
  },
  features_model: {
    users: ["real"],
    states: [],
    batch: "N",
    trains: null,
    result: ["features"],
    unlabelled: true,
  },
};
