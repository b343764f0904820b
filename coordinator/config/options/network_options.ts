/** Options of the networks of presets (docs/presets.md). */
import type { OptionTable } from "../../../common/cli/options.ts";

export const NETWORK_OPTIONS = {
  attention: {
    kind: "number",
    integer: true,
    min: 8,
    max: 512,
    unit: "pixels",
    default_text: "none",
    about:
      "Self-attention over the maps of this many rows and columns, in both networks of the residual presets: 8 or 16 for " +
      "images of 32 x 32",
    group: "Hyperparameters",
  },
  pac: {
    kind: "number",
    integer: true,
    min: 1,
    max: 64,
    unit: "examples",
    default: 1,
    about:
      "Examples that the critic scores together, so that it notices samples that are too similar to each other (PacGAN; " +
      "docs/presets.md); only for presets without labels",
    group: "Hyperparameters",
  },
  warm_start: {
    kind: "string",
    value: "RUN|FILE",
    default_text: "none: random weights",
    about:
      "Begin with the weights of another run of the same networks: its folder, its name, or one of its checkpoints, a " +
      ".safetensors file (docs/runs.md)",
    group: "What to train",
  },
} as const satisfies OptionTable;
