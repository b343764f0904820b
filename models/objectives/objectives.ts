/** The objectives by name. */
import { gan } from "./gan.ts";
import { withGradientNorms } from "./gradient_norms.ts";
import { hinge } from "./hinge.ts";
import { lsgan } from "./least_squares.ts";
import type { Objective } from "./objective.ts";
import { relativistic } from "./relativistic.ts";
import { wgan } from "./wgan.ts";
import { wganGp } from "./wgan_gp.ts";

/** By the names that they have themselves. One with a penalty is made from the penalty's weight. */
const OBJECTIVES = {
  wgan,
  gan,
  "wgan-gp": wganGp,
  hinge,
  lsgan,
  rpgan: relativistic,
} as const satisfies Record<string, Objective | ((penalty: number) => Objective)>;

export type ObjectiveName = keyof typeof OBJECTIVES;
export const OBJECTIVE_NAMES = Object.keys(OBJECTIVES) as readonly ObjectiveName[];

/** Inputs of an objective. */
export interface ObjectiveChoice {
  readonly objective: ObjectiveName;
  /** Weight of the gradient penalty; null where the objective has none. */
  readonly penalty: number | null;
  /** Weights of the penalties of gradients at real and at generated examples; null or absent: none. */
  readonly r1?: number | null;
  readonly r2?: number | null;
  /** Critic steps of which one has the penalties, so many times as heavy; absent: each has them. */
  readonly lazy_penalty?: number;
}

/** True if the objective has a penalty of its own, whose weight it is made from. */
export function hasPenalty(objective: ObjectiveName): boolean {
  return typeof OBJECTIVES[objective] === "function";
}

/** @throws {RangeError} for a name that no objective has, and for a penalty that is missing, or not used. */
export function objectiveOf(choice: ObjectiveChoice): Objective {
  const { objective, penalty, r1 = null, r2 = null, lazy_penalty = 1 } = choice;
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
  const heavier = (weight: number | null) => weight === null ? null : lazy_penalty * weight;
  const whole = withGradientNorms(
    typeof made === "function" ? made(lazy_penalty * penalty!) : made,
    { r1: heavier(r1), r2: heavier(r2) },
  );
  if (lazy_penalty === 1) return whole;
  const between = typeof made === "function" ? wgan : made;
  return { ...whole, lazy: { every: lazy_penalty, between } };
}
