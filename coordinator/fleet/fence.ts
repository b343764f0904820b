/** Which results count: those of the open round, computed from the weights that it is about. Pure. */
import { type NetworkName, NETWORKS } from "../../common/network_name.ts";
import type { MessageOf } from "../../wire/messages.ts";
import { Refusal } from "../../wire/refusal.ts";

/** Inputs of one kind of gradient of one step. */
export type RoundRequest = Pick<
  MessageOf<"work">,
  "kind" | "step" | "epoch" | "batch" | "noise_purpose" | "noise_counter" | "next_noise_counter"
>;

/** Values that a result must agree with. `request`: that of the open round. */
export interface Fence {
  readonly run: string;
  readonly incarnation: number;
  readonly generation: number;
  readonly request: Pick<RoundRequest, "kind" | "step">;
  readonly checksums: Readonly<Record<NetworkName, string>>;
}

/** What answers a result that does not belong to the open round. */
export function staleResult(
  { step, kind, begin, end }: MessageOf<"result" | "result_start">,
  why: string | null,
): Refusal {
  const found = `step ${step} (${kind}), shards ${begin} to ${end - 1}`;
  return new Refusal("stale", `Result must belong to the open round, found ${found}: ${why}`);
}

/** Why a result does not belong to the open round, or null. */
export function staleness(message: MessageOf<"result" | "result_start">, fence: Fence): string | null {
  const { run, incarnation, generation, request, checksums } = fence;
  if (message.run !== run) return `the run is ${run}`;
  if (message.incarnation !== incarnation) return `the incarnation is ${incarnation}`;
  if (message.generation > generation) return `the membership generation is ${generation}`;
  if (message.step !== request.step || message.kind !== request.kind) {
    return `the open step is ${request.step} (${request.kind})`;
  }
  for (const state of NETWORKS) {
    if (message[`${state}_checksum`] !== checksums[state]) return `the ${state} has changed`;
  }
  return null;
}
