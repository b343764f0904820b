/** Which training graph a step runs. */
import type { NetworkName } from "../common/network_name.ts";
import { BETWEEN_GRAPH, type Manifest } from "./manifest.ts";

/** `between`: the critic's steps without its lazy penalties. */
export const TRAINING_GRAPHS = {
  critic: "critic_training_model",
  generator: "generator_training_model",
  between: BETWEEN_GRAPH,
} as const;
export type TrainingKind = keyof typeof TRAINING_GRAPHS;

/** The noise's counter is the step's. */
export function trainingKindOf(
  { kind, noise_counter: step }: { readonly kind: NetworkName; readonly noise_counter: number },
  { lazy_penalty = 1 }: Pick<Manifest, "lazy_penalty">,
): TrainingKind {
  return kind === "critic" && (step - 1) % lazy_penalty !== 0 ? "between" : kind;
}
