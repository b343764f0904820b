/** Rules over the data themselves. */
import { counted } from "../../common/text/counted.ts";
import { cleanText } from "../../common/text/foreign_text.ts";
import { FAR_RMS, FAR_VALUE, isFarOut, rmsOf } from "../value_range.ts";
import type { Summary } from "../summary/summary.ts";
import { type Rule, short } from "./rule.ts";

/** Samples nearer to the data than this, in the data's standard deviations, show that their range was no hindrance. */
const NEAR = 0.2;

/** A class with fewer training examples is hardly learned. */
const FEW_EXAMPLES = 10;
/** Classes that are named of those that have few. */
const MOST_NAMED = 5;

/** True if the data are where networks hardly come to. False for runs that recorded no range. */
export function isOutOfRange({ data: { values } }: Summary): boolean {
  return values !== undefined && isFarOut(values);
}

const out_of_range: Rule = {
  code: "data-out-of-range",
  spoils: "samples",
  condition:
    `The data's values are far outside [-1, 1]: their root mean square is above ${FAR_RMS}, or one of them is ` +
    `above ${FAR_VALUE} or below -${FAR_VALUE}. It is a note if the samples got close to the data anyway: to a sliced ` +
    `Wasserstein distance of less than ${NEAR} standard deviations of the data.`,
  cause:
    "Networks start with outputs near 0 and change in small steps, so the generator hardly reaches such values",
  change: "Start a new run with --scale minmax, which brings each column to [-1, 1], or --scale standard",
  find(summary) {
    const { values } = summary.data;
    if (values === undefined || !isOutOfRange(summary)) return null;
    const distance = summary.evaluations.at(-1)?.sliced_wasserstein ?? Infinity;
    const passed = distance < NEAR * values.sd;
    const { min, max, mean, sd } = values;
    return {
      ...passed && { passed },
      seen: `The data's values are ${short(min)} to ${short(max)}, with a mean of ${short(mean)} and ` +
        `a standard deviation of ${short(sd)}`,
      first_step: 0,
      last_step: summary.steps,
      numbers: { min, max, mean, sd, rms: rmsOf(values) },
    };
  },
};

const constant: Rule = {
  code: "data-constant",
  spoils: "samples",
  condition: "All values of all examples are equal.",
  cause: "The files are empty pictures or columns, or the wrong array was read",
  change: "Check what --data names",
  find({ data: { values }, steps }) {
    if (values === undefined || values.sd !== 0) return null;
    const numbers = { value: values.mean };
    return {
      seen: `All values of the data are ${short(values.mean)}`,
      first_step: 0,
      last_step: steps,
      numbers,
    };
  },
};

const rare_classes: Rule = {
  code: "classes-missing",
  spoils: "samples",
  condition:
    `A class has fewer than ${FEW_EXAMPLES} training examples. It is a note if all such classes have none.`,
  cause: "The numbers of the classes leave some out, or the data has hardly any examples of these classes",
  change: "Do not draw these classes; or number the classes without gaps, or add examples of them",
  find({ data: { labels }, steps }) {
    if (labels === undefined) return null;
    const { class_names, class_counts } = labels;
    const rare = class_names.filter((_, i) => class_counts[i]! < FEW_EXAMPLES);
    if (rare.length === 0) return null;
    const without = class_counts.filter((count) => count === 0).length;
    const named = rare.map((name) => cleanText(name)).slice(0, MOST_NAMED).join(", ") +
      (rare.length > MOST_NAMED ? ", ..." : "");
    const share = without === 0 ? "none" : without === rare.length ? "all of them" : without;
    return {
      ...without === rare.length && { passed: true },
      seen: `${counted(rare.length, "class", "classes")} of ${class_names.length} (${named}) ` +
        `${
          rare.length === 1 ? "has" : "have"
        } fewer than ${FEW_EXAMPLES} training examples, ${share} without any`,
      first_step: 0,
      last_step: steps,
      numbers: { rare: rare.length, without, classes: class_names.length },
    };
  },
};

export const DATA_RULES: readonly Rule[] = [constant, out_of_range, rare_classes];
