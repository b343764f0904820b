/** The losses and their penalties, as a run's configuration has them (docs/losses.md). */
import { UserError } from "../../common/errors.ts";
import { hasPenalty, type ObjectiveName } from "../../models/objectives/objectives.ts";
import { nullable, num } from "../../runlog/shape.ts";

/** Penalties of the gradient that any objective may have. */
export interface PenaltyConfig {
  /** Weights gamma of the squared norm at real and at generated examples; null: no such penalty. */
  readonly r1: number | null;
  readonly r2: number | null;
  /** Critic steps of which one has the penalties, so many times as heavy; 1: each has them. */
  readonly lazy_penalty: number;
}

export interface ObjectiveConfig extends PenaltyConfig {
  readonly objective: ObjectiveName;
  readonly penalty: number | null;
  readonly clip: number | null;
}

/** What a recorded run must have. */
export const PENALTY_FIELDS = { r1: nullable(num), r2: nullable(num), lazy_penalty: num };

type Given = Partial<ObjectiveConfig> & { readonly spectral_norm?: boolean };
type Preset = Pick<ObjectiveConfig, "objective" | "penalty" | "clip"> & Partial<PenaltyConfig>;

/** The weight of Gulrajani et al. 2017. */
const USUAL_PENALTY = 10;

/** What was given, completed from the preset; another objective than the preset's leaves its bounds and penalties. */
export function resolveObjective(given: Given, preset: Preset): ObjectiveConfig {
  const objective = given.objective ?? preset.objective;
  const { clip, penalty, r1, r2, lazy_penalty } = { ...objective === preset.objective && preset, ...given };
  const weight = (gamma: number | null | undefined) => gamma ? gamma : null;
  return {
    objective,
    penalty: hasPenalty(objective) ? penalty ?? USUAL_PENALTY : null,
    clip: given.spectral_norm ? null : clip ?? null,
    r1: weight(r1),
    r2: weight(r2),
    lazy_penalty: lazy_penalty ?? 1,
  };
}

/** True if the critic's loss takes a gradient of its scores: then they must not depend on the rest of the batch. */
export function hasGradientPenalty(
  { penalty, r1, r2 }: Pick<ObjectiveConfig, "penalty" | "r1" | "r2">,
): boolean {
  return penalty !== null || r1 !== null || r2 !== null;
}

/** Throws {@linkcode UserError} for penalties that the losses do not have, and for losses without the bound that they need. */
export function checkObjective(given: Given, preset: Preset, preset_name: string): void {
  const resolved = resolveObjective(given, preset), { objective, clip, r1, r2, lazy_penalty } = resolved;
  if (given.penalty !== undefined && !hasPenalty(objective)) {
    throw new UserError(
      `Cannot use --penalty: an objective with a gradient penalty is required, found ${objective} ` +
        `(preset ${preset_name}); use --preset wgan-gp, or leave it out`,
    );
  }
  const other = r1 !== null ? "--r1" : r2 !== null ? "--r2" : null;
  if (other !== null && hasPenalty(objective)) {
    throw new UserError(
      `Cannot use ${other} with objective ${objective}: it has a gradient penalty of its own (--penalty); leave ${other} ` +
        "out, or use another --objective",
    );
  }
  if (lazy_penalty > 1 && !hasGradientPenalty(resolved)) {
    throw new UserError(
      `Cannot use --lazy-penalty ${lazy_penalty}: a gradient penalty is required (--r1, --r2 or objective wgan-gp), found ` +
        "none; give one, or leave it out",
    );
  }
  if (objective === "wgan" && clip === null && !given.spectral_norm) {
    throw new UserError(
      `Cannot use --objective wgan with preset ${preset_name}: its critic must be bounded, and this preset does not clip; ` +
        "give --clip or --spectral-norm, or use --objective wgan-gp",
    );
  }
}
