/**
 * Fencing on the worker's side: which messages of the training belong to what it holds. A stale message is
 * answered with a coded refusal and changes nothing.
 */
import { type NetworkName, NETWORKS } from "../../common/network_name.ts";
import type { MessageOf } from "../../wire/messages.ts";

/** Where a connection stands. */
export interface FenceState {
  readonly run: string;
  readonly incarnation: number;
  /** The latest membership seen. */
  readonly generation: number;
  /** Checksums of the weights that were sent, or null before the first. */
  readonly held: Readonly<Record<NetworkName, string | null>>;
  /** True if the weights lie in the shared file instead, always those that work names. */
  readonly in_file: boolean;
}

type Fenced = MessageOf<"weights" | "weights_end" | "work" | "shard_chunk" | "job">;

/** Why a message is stale, or null where it is not. */
export function staleness(state: FenceState, message: Fenced): string | null {
  if (message.run !== state.run) {
    return `${message.type} must belong to run ${state.run}: found ${message.run}`;
  }
  if (message.type === "shard_chunk" || message.type === "job") return null;
  if (message.incarnation !== state.incarnation) {
    return `${message.type} must belong to incarnation ${state.incarnation}: found ${message.incarnation}`;
  }
  if (message.generation < state.generation) {
    return `${message.type} must belong to generation ${state.generation} or later: found ${message.generation}`;
  }
  return message.type !== "work" || state.in_file ? null : weightsStaleness(state, message);
}

function weightsStaleness({ held }: FenceState, work: MessageOf<"work">): string | null {
  for (const network of NETWORKS) {
    const wanted = work[`${network}_checksum`];
    if (wanted !== held[network]) {
      return `a request must name the ${network} weights that this worker has, ${
        held[network] ?? "none yet"
      }: found ` +
        `${wanted}`;
    }
  }
  return null;
}
