/** The options of penalties that any losses may have (docs/losses.md). */
import type { OptionTable } from "../../../common/cli/options.ts";

const WEIGHT = {
  kind: "number",
  min: 0,
  max: 1e6,
  default_text: "the preset's, mostly none; 0: none",
} as const;

export const PENALTY_OPTIONS = {
  r1: {
    ...WEIGHT,
    about:
      "Weight gamma of the squared norm of the critic's gradient at real examples (Mescheder et al. 2018)",
    group: "Hyperparameters",
  },
  r2: {
    ...WEIGHT,
    about: "Weight of the squared norm of the critic's gradient at generated examples",
    group: "Hyperparameters",
  },
  lazy_penalty: {
    kind: "number",
    integer: true,
    min: 1,
    max: 1000,
    unit: "critic steps",
    default_text: "1",
    about:
      "Compute the gradient penalties only in one of N critic steps, with N times the weight, to save time",
    group: "Hyperparameters",
  },
} as const satisfies OptionTable;
