/** The coordinator's real fleet for a simulated run: its networks have a few weights, its data no bytes. */
import type { NetworkName } from "../common/network_name.ts";
import { dataSetOf } from "../coordinator/data/data_set.ts";
import type { ShardPlan } from "../coordinator/data/plan.ts";
import type { ShardSource } from "../coordinator/data/sharded_data.ts";
import { Fleet } from "../coordinator/fleet/fleet.ts";
import { ResultMemory } from "../coordinator/fleet/memory/result_memory.ts";
import type { FleetObserver } from "../coordinator/fleet/observer.ts";
import type { Wire } from "../common/wire_format.ts";
import { CHUNK_UNIT } from "../kernels/chunks.ts";
import type { ResultParts } from "../kernels/result_payload.ts";
import type { NumChunks } from "./sizes.ts";
import { Kernels } from "../kernels/kernels.ts";
import { buildLayout } from "../models/layout.ts";
import type { Manifest } from "../models/manifest.ts";
import { TAIL_NAMES } from "../models/tail.ts";
import type { Clock } from "../wire/clock.ts";
import type { Setup } from "./setup.ts";

const RUN = "simulated";
/** Numbers of what stands for a result: as few as make up its chunks. */
export function tinyResult(network: NetworkName, num_chunks: NumChunks): ResultParts {
  const tail_offset = CHUNK_UNIT * num_chunks[network];
  return { size: tail_offset + TAIL_NAMES[network].length, tail_offset };
}

/** A manifest of networks with a few weights. */
function tinyManifest(num_chunks: NumChunks): Manifest {
  const graph = (network: NetworkName) => {
    const { size, tail_offset } = tinyResult(network, num_chunks);
    const { slots } = buildLayout([
      { name: `${network}.weight_grad`, shape: [tail_offset] },
      ...TAIL_NAMES[network].map((name) => ({ name, shape: [] })),
    ]);
    return { size, inputs: [], outputs: slots, tail_offset };
  };
  // The fleet looks at nothing else.
  return {
    micro_batch: 1,
    example_shape: [1],
    layouts: { statistics: buildLayout([]) },
    graphs: { critic_training_model: graph("critic"), generator_training_model: graph("generator") },
  } as unknown as Manifest;
}

/** Data of which every shard has one example without bytes that matter. */
function emptyData(num_shards: number): ShardSource {
  const data = dataSetOf(RUN, [1], "uint8", new Uint8Array(num_shards));
  const shard = new Uint32Array(1);
  // A plan proper takes at most as many shards as runs may have today.
  const plan: Pick<ShardPlan, "num_shards" | "shards" | "micro_batch" | "steps_per_epoch"> = {
    num_shards,
    shards: new Array<Uint32Array>(num_shards).fill(shard),
    micro_batch: 1,
    steps_per_epoch: 1,
  };
  return {
    data,
    plan: plan as ShardPlan,
    sha256: [],
    class_counts: null,
    holds: () => true,
    shard: () => new Uint8Array(1),
    inline: () => new Uint8Array(),
  };
}

/** A fleet that tells `told` what happens. */
export function openFleet(
  { shards, wire: { group_shards } }: Pick<Setup, "shards" | "wire">,
  num_chunks: NumChunks,
  clock: Clock,
  told: string[],
): Fleet {
  const size = Math.max(tinyResult("critic", num_chunks).size, tinyResult("generator", num_chunks).size);
  const memory = new ResultMemory(Kernels.create(ResultMemory.bytesNeeded(shards, size)), shards, size);
  const observer: FleetObserver = {
    joined: () => {},
    relayed: () => {},
    left: (member, reason) => told.push(`${member.name} left: ${reason}`),
    fault: ({ what, decision, reason }) => told.push(`${what}: ${decision}. ${reason}`),
    refused: () => {},
  };
  const facts = { run: RUN, incarnation: 0, seed: 1, manifest: tinyManifest(num_chunks), files: [] };
  // Nothing is rounded: what is rounded in the run only has fewer bytes.
  const wire: Wire = { format: "float32", group_shards };
  const admission = { token: RUN, read_token: undefined, exact: true, classes: [], shared_memory: null };
  const chunked = { ...facts, wire, chunk_floats: CHUNK_UNIT };
  return new Fleet(chunked, emptyData(shards), { ...admission, clock, memory }, observer);
}
