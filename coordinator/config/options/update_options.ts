/** The options of how weights are updated and averaged (docs/optimizer.md). */
import type { OptionTable } from "../../../common/cli/options.ts";

export const UPDATE_OPTIONS = {
  ema_half_life: {
    kind: "number",
    min: 0,
    max: 1e12,
    unit: "examples",
    default_text: "0: off",
    about:
      "Draw samples and generator.onnx from an average of the generator's weights, in which a step counts half after this " +
      "many examples; training does not use it (docs/optimizer.md)",
    group: "Hyperparameters",
  },
} as const satisfies OptionTable;
