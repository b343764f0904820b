/** The first lines of a run: what is trained, on what, and from where. */
import { counted } from "../../common/text/counted.ts";
import { cleanText } from "../../common/text/foreign_text.ts";
import { significant } from "../../common/significant.ts";
import { isFarOut, type ValueRange } from "../../runlog/value_range.ts";
import type { RunConfig } from "../config/config.ts";
import type { Prepared } from "./prepare.ts";

/** A line each. */
export function introductionOf(run: Prepared): string[] {
  const { config, data, facts, state, checkpoint } = run;
  const { data: set, plan } = data;
  const count = (n: number) => n.toLocaleString("en-US");
  const what = config.preset === set.name ? set.name : `${config.preset} on ${set.name}`;
  const shape = set.example_shape;
  const one = shape.length === 1 ? `${shape[0]} numbers` : shape.join(" x ");
  const { generator, critic } = facts.manifest.layouts;
  const sizes = `Generator ${count(generator.size)} parameters, critic ${count(critic.size)}`;
  const from = checkpoint ? `checkpoint ${checkpoint.file}` : "the start (no usable checkpoint)";
  const { name, note } = run.record;
  return [
    ...name === undefined ? [] : [`Run ${cleanText(name)}`],
    ...note === undefined ? [] : [`Note: ${cleanText(note)}`],
    `Training ${what}: ${counted(set.num_examples - plan.holdout.length, "example")} of ${one}, ` +
    `${counted(config.steps, "critic step")} of ${config.batch} in ${counted(config.shards, "shard")}, ` +
    `seed ${config.seed}`,
    describeValues(run.values),
    ...set.labels ? [describeClasses(set.labels.class_names, data.class_counts!)] : [],
    ...config.wire_groups
      ? [
        `Gradients and weights are sent as ${config.wire}, in ${
          counted(config.wire_groups, "group")
        } of shards; ` +
        "the results depend on that",
      ]
      : [],
    ...config.local_steps ? [localSteps(config)] : [],
    ...config.ema_half_life > 0
      ? [
        "Samples, their figures and generator.onnx come from an average of the generator's weights, half-life " +
        counted(config.ema_half_life, "example"),
      ]
      : [],
    run.folder === null ? sizes : `${sizes}; run folder ${run.folder.path}`,
    ...run.notes,
    ...run.passed_over.map(({ file, reason }) => `Skipped checkpoint ${file}: ${reason}`),
    ...facts.incarnation > 0 ? [`Resuming at step ${count(state.step)} from ${from}`] : [],
  ];
}

function localSteps({ local_steps, learners, outer_lr, outer_momentum }: RunConfig): string {
  const outer = outer_lr === 1 && outer_momentum === 0
    ? "averaged"
    : `averaged, with an outer step of ${outer_lr} and momentum ${outer_momentum}`;
  return `${counted(learners!, "learner")}, each making ${
    counted(local_steps!, "critic step")
  } independently, then ${outer}; the results depend on that`;
}

/** Names in the line of classes. */
const MOST_NAMES = 10;

/** e.g. "2 classes: cat (120), dog (80)" */
function describeClasses(names: readonly string[], counts: readonly number[]): string {
  const shown = names.slice(0, MOST_NAMES).map((name, i) =>
    `${cleanText(name)} (${counts[i]!.toLocaleString("en-US")})`
  );
  const more = names.length > MOST_NAMES ? `, and ${names.length - MOST_NAMES} more` : "";
  return `${counted(names.length, "class", "classes")}: ${shown.join(", ")}${more}`;
}

/** The range of the data, as the networks see them. */
export function describeValues(values: ValueRange): string {
  const line = `Values from ${significant(values.min)} to ${significant(values.max)}, mean ` +
    `${significant(values.mean)}, standard deviation ${significant(values.sd)}`;
  if (values.sd === 0) return `${line}: all values are equal, so there is nothing to learn; check the data`;
  return isFarOut(values) ? `${line}: far outside -1 to 1, use --scale minmax` : line;
}
