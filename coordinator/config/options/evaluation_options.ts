/** The options of how samples are drawn and evaluated during a run (docs/evaluating.md). */
import type { OptionTable } from "../../../common/cli/options.ts";
import { MEASURE_NAMES, MEASURES } from "../../../runlog/measures.ts";

export const EVALUATION_OPTIONS = {
  sample_every: {
    kind: "number",
    integer: true,
    min: 0,
    unit: "critic steps",
    default_text: "a tenth of the run, from 50 to 1000",
    about: "Steps between sample grids (also at start and end); 0: start and end only",
    group: "How to run",
  },
  evaluate_every: {
    kind: "number",
    integer: true,
    min: 0,
    unit: "critic steps",
    default_text: "a tenth of the run, at least 1000",
    about: "Steps between measurements of the distance of samples to the data (also at start and end); " +
      "0: start and end only",
    group: "How to run",
  },
  metrics: {
    kind: "string",
    value: "NAME,…",
    default_text: "none",
    about:
      "Figures to measure at each evaluation, as deno task evaluate does: one or more of fid, kid, precision, recall, " +
      "density and coverage (docs/evaluating.md)",
    group: "How to run",
  },
  keep_best: {
    kind: "choice",
    choices: MEASURE_NAMES.map((name) => MEASURES[name].option),
    default_text: "none",
    about:
      "Also keep the checkpoint whose samples are best by this figure (swd: the sliced Wasserstein distance), and write " +
      "its generator as best_generator.onnx. Saves a checkpoint at each evaluation (docs/runs.md)",
    group: "How to run",
  },
} as const satisfies OptionTable;
