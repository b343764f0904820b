/** The objectives by name. */
import { gan } from "./gan.ts";
import type { Objective } from "./objective.ts";
import { wgan } from "./wgan.ts";
import { wganGp } from "./wgan_gp.ts";

export const OBJECTIVE_NAMES = ["wgan", "gan", "wgan-gp"] as const;
export type ObjectiveName = typeof OBJECTIVE_NAMES[number];

/** What an objective is made from. */
export interface ObjectiveChoice {
  readonly objective: ObjectiveName;
  /** Weight of the gradient penalty; null where the objective has none. */
  readonly penalty: number | null;
}

/** @throws {RangeError} for a penalty that is missing, or not used. */
export function objectiveOf({ objective, penalty }: ObjectiveChoice): Objective {
  if ((objective === "wgan-gp") === (penalty === null)) {
    throw new RangeError(
      `Cannot take objective ${objective}: its penalty must be ${
        objective === "wgan-gp" ? "a number" : "null"
      }, found ${penalty}`,
    );
  }
  switch (objective) {
    case "wgan":
      return wgan;
    case "gan":
      return gan;
    case "wgan-gp":
      return wganGp(penalty!);
  }
  objective satisfies never;
}
