/** The options that say how data are read and scaled (docs/your-own-data.md). */
import type { OptionTable } from "../../../common/cli/options.ts";

export const DATA_OPTIONS = {
  layout: {
    kind: "string",
    value: "AXES",
    default_text: "what the array looks like",
    about:
      "Axes of an array, a letter each: N examples, C channels or columns, D depth, T time, H height, W width, as in " +
      "NHWC or NTC; without N, each NPY file of a folder is one example",
    group: "What to train",
  },
  scale: {
    kind: "string",
    value: "none|minmax|standard|FILE",
    default_text: "none",
    about:
      "Scale each channel or column of numbers: minmax to -1 to 1, standard to mean 0 and standard deviation 1, " +
      "fitted on the training data, or by a FILE (docs/your-own-data.md). Samples are scaled back",
    group: "What to train",
  },
} as const satisfies OptionTable;
