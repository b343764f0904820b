/**
 * Fencing on the worker's side: which messages of the training belong to what it holds. A stale message is
 * answered with a coded refusal and changes nothing.
 */
import type { MessageOf } from "../wire/messages.ts";

/** The networks whose weights a worker holds. */
export type Network = MessageOf<"weights">["state"];

/** Where a session stands. */
export interface FenceState {
  readonly run: string;
  readonly incarnation: number;
  /** The latest membership seen. */
  readonly generation: number;
  /** Checksums of the weights held, or null before the first. */
  readonly held: Readonly<Record<Network, string | null>>;
}

type Fenced = MessageOf<"weights"> | MessageOf<"work"> | MessageOf<"shard_chunk"> | MessageOf<"job">;

/** Why a message is stale, or null where it is not. */
export function staleness(state: FenceState, message: Fenced): string | null {
  if (message.run !== state.run) {
    return `${message.type} must belong to run ${state.run}: found ${message.run}`;
  }
  if (message.type === "shard_chunk") return null;
  if (message.type !== "job") {
    if (message.incarnation !== state.incarnation) {
      return `${message.type} must belong to incarnation ${state.incarnation}: found ${message.incarnation}`;
    }
    if (message.generation < state.generation) {
      return `${message.type} must belong to generation ${state.generation} or later: found ${message.generation}`;
    }
  }
  return message.type === "weights" ? null : weightsStaleness(state, message);
}

function weightsStaleness(state: FenceState, message: MessageOf<"work"> | MessageOf<"job">): string | null {
  for (const network of ["critic", "generator"] as const) {
    const wanted = message[`${network}_checksum`];
    if (wanted !== state.held[network]) {
      return `${message.type} must name the ${network} weights held here, ${
        state.held[network] ?? "none yet"
      }: found ${wanted}`;
    }
  }
  return null;
}
