/** The objectives by name. */
import { gan } from "./gan.ts";
import type { Objective } from "./objective.ts";
import { wgan } from "./wgan.ts";
import { wganGp } from "./wgan_gp.ts";

/** By the names that they have themselves. One with a penalty is made from the penalty's weight. */
const OBJECTIVES = {
  wgan,
  gan,
  "wgan-gp": wganGp,
} as const satisfies Record<string, Objective | ((penalty: number) => Objective)>;

export type ObjectiveName = keyof typeof OBJECTIVES;
export const OBJECTIVE_NAMES = Object.keys(OBJECTIVES) as readonly ObjectiveName[];

/** Inputs of an objective. */
export interface ObjectiveChoice {
  readonly objective: ObjectiveName;
  /** Weight of the gradient penalty; null where the objective has none. */
  readonly penalty: number | null;
}

/** True if the objective has a penalty, whose weight it is made from. */
export function hasPenalty(objective: ObjectiveName): boolean {
  return typeof OBJECTIVES[objective] === "function";
}

/** @throws {RangeError} for a name that no objective has, and for a penalty that is missing, or not used. */
export function objectiveOf({ objective, penalty }: ObjectiveChoice): Objective {
  if (!Object.hasOwn(OBJECTIVES, objective)) {
    throw new RangeError(
      `Cannot use objective ${objective}: one of ${OBJECTIVE_NAMES.join(", ")} is required`,
    );
  }
  if (hasPenalty(objective) === (penalty === null)) {
    const required = penalty === null ? "a number" : "null";
    throw new RangeError(
      `Cannot use objective ${objective}: its penalty must be ${required}, found ${penalty}`,
    );
  }
  const made: Objective | ((penalty: number) => Objective) = OBJECTIVES[objective];
  return typeof made === "function" ? made(penalty!) : made;
}
