/** Takes a coordinator's offer of shared memory, if it is on this machine. */
import { payloadSize } from "../../kernels/result_payload.ts";
import type { Manifest } from "../../models/manifest.ts";
import type { MessageOf } from "../../wire/messages.ts";
import { numSlots, ringBytes } from "../../wire/shared_ring.ts";
import type { OpenShared, SharedMemory } from "../compute/shared_memory.ts";
import type { ComputePool } from "../compute/pools/compute_pool.ts";

/** A ring of many wire groups' sums may be no larger: they go through the socket then. */
const MAX_RING_BYTES = 512 * 1024 * 1024;

/** Weights and sums lie in files from now on; null: they go through the socket, as learners' states always do. */
export async function shareMemory(
  { welcome, openShared }: { readonly welcome: MessageOf<"welcome">; readonly openShared: OpenShared },
  { graphs, layouts }: Manifest,
  pool: Pick<ComputePool, "share">,
): Promise<SharedMemory | null> {
  const { wire: { format, group_shards }, shared, shards, worker, local_steps } = welcome;
  if (local_steps !== null) return null;
  const { critic_training_model: critic, generator_training_model: generator } = graphs;
  const size = Math.max(payloadSize(format, critic), payloadSize(format, generator));
  const weights = { critic: layouts.critic.size, generator: layouts.generator.size };
  const room = { weights, max_bytes: 4 * size, num_slots: numSlots(shards, group_shards) };
  if (group_shards !== null && ringBytes(room.max_bytes, room.num_slots) > MAX_RING_BYTES) return null;
  const memory = openShared(shared, worker, room);
  if (memory !== null) await pool.share(memory.files);
  return memory;
}
