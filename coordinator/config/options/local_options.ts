/** The options of local steps (docs/local-steps.md). */
import type { OptionTable } from "../../../common/cli/options.ts";
import { MAX_LOCAL_STEPS } from "../../../common/local_steps.ts";

export const LOCAL_OPTIONS = {
  local_steps: {
    kind: "number",
    integer: true,
    min: 1,
    max: MAX_LOCAL_STEPS,
    unit: "critic steps",
    default_text: "none: each step is summed over all shards",
    about:
      "Steps that each of --learners makes independently before they are averaged, for slow links. The results " +
      "depend on it (docs/local-steps.md)",
    group: "Hyperparameters",
  },
  learners: {
    kind: "number",
    integer: true,
    min: 1,
    max: 4096,
    unit: "a power of two",
    about:
      "Learners of --local-steps, each with an equal part of the shards. At most this many threads can compute. " +
      "The results depend on it",
    group: "Hyperparameters",
  },
  outer_lr: {
    kind: "number",
    min: 0,
    above_min: true,
    max: 10,
    default_text: "1, which takes the average as it is",
    about: "Learning rate of the outer step, which moves the weights towards the learners' average",
    group: "Hyperparameters",
  },
  outer_momentum: {
    kind: "number",
    min: 0,
    max: 0.999,
    default_text: "0",
    about: "Nesterov momentum of the outer step",
    group: "Hyperparameters",
  },
} as const satisfies OptionTable;
