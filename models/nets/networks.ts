/** Networks as configurations: what a run records, and what is built from it. */
import { DCGAN } from "./dcgan.ts";
import { mlp } from "./mlp.ts";
import { withClassEmbedding } from "./class_embedding.ts";
import type { Net } from "./net.ts";
import { RESNET } from "./resnet.ts";
import { SERIES } from "./series.ts";
import { TABLE } from "./table.ts";

/** Builders of networks by kind, from the prefix of their tensors' names and their configuration. */
const NETWORKS = {
  mlp,
  ...DCGAN,
  ...RESNET,
  ...SERIES,
  ...TABLE,
} as const satisfies Record<string, (name: string, config: never) => Net>;

/** The configuration of any kind, which `kind` names; absent: an MLP. */
type NetworkConfig = Parameters<typeof NETWORKS[keyof typeof NETWORKS]>[1];

export interface Networks {
  readonly generator: Exclude<NetworkConfig, { kind: `${string}_critic` }>;
  /** Takes the options of critics: dropout, spectral norms, and whether there is batch normalisation. */
  readonly critic: Exclude<NetworkConfig, { kind: `${string}_generator` }>;
}

/**
 * The networks, their tensors called `generator.…` and `critic.…`.
 * @throws {RangeError} for a kind that there is not, and where a configuration makes no network.
 */
export function buildNetworks({ generator, critic }: Networks): { generator: Net; critic: Net } {
  return { generator: build("generator", generator), critic: build("critic", critic) };
}

function build(name: string, config: NetworkConfig): Net {
  const kind = "kind" in config ? config.kind : "mlp";
  if (!Object.hasOwn(NETWORKS, kind)) {
    const kinds = Object.keys(NETWORKS).join(", ");
    throw new RangeError(`Cannot build the ${name}: its kind must be one of ${kinds}, found ${kind}`);
  }
  const net = (NETWORKS[kind] as (name: string, config: NetworkConfig) => Net)(name, config);
  return "embedding" in config ? withClassEmbedding(name, net, config.embedding) : net;
}
