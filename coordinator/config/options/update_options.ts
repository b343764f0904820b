/** The options of how weights are updated and averaged (docs/optimizer.md). */
import type { OptionTable } from "../../../common/cli/options.ts";
import { DECAYS } from "../../../algorithm/schedule.ts";

const OWN_RATE = { kind: "number", min: 0, above_min: true, max: 10, default_text: "that of --lr" } as const;

export const UPDATE_OPTIONS = {
  lr_critic: { ...OWN_RATE, about: "Learning rate of the critic", group: "Hyperparameters" },
  lr_generator: { ...OWN_RATE, about: "Learning rate of the generator", group: "Hyperparameters" },
  decay: {
    kind: "choice",
    choices: DECAYS,
    default_text: "linear",
    about: "How the learning rates fall to 0 over --decay-steps: evenly, or as half a cosine wave",
    group: "Hyperparameters",
  },
  betas: {
    kind: "string",
    value: "B1,B2",
    default_text: "the preset's",
    about: "Decay rates of Adam's running means of gradients and of their squares, each from 0 to below 1",
    group: "Hyperparameters",
  },
  clip_grad_norm: {
    kind: "number",
    min: 0,
    above_min: true,
    max: 1e12,
    default_text: "off",
    about: "Scale down a network's gradient if its Euclidean norm is larger than this",
    group: "Hyperparameters",
  },
  ema_half_life: {
    kind: "number",
    min: 0,
    max: 1e12,
    unit: "examples",
    default_text: "0: off",
    about:
      "Draw samples and generator.onnx from an average of the generator's weights, in which a step counts half " +
      "after this " +
      "many examples; training does not use it (docs/optimizer.md)",
    group: "Hyperparameters",
  },
} as const satisfies OptionTable;
