/**
 * What a comparison is: several presets on one data set with one seed and one budget. A pure plan over the options and
 * the data; `contest.json` in its folder keeps it, so that an interrupted comparison goes on as the same one.
 *
 * The budget is real examples shown to the critic (steps times batch), for three reasons: it is what the original
 * comparison shares (each system is trained for the same epochs); it does not depend on the machine, so that a
 * comparison can be had again to the same bits; and one that asks for more critic steps for each generator step pays
 * for them out of the same budget. What the same examples cost in time is in the report.
 */
import { UserError } from "../../common/errors.ts";
import { significant } from "../../common/significant.ts";
import { type GivenConfig, resolveConfig } from "../../coordinator/config/config.ts";
import type { DataSet } from "../../coordinator/data/data_set.ts";
import { isConditional, type PresetName, PRESETS } from "../../coordinator/config/presets.ts";
import { AUTO } from "../../coordinator/data/labels/open_labels.ts";

/** Version of `contest.json`. */
const FORMAT = 1;
export const PLAN_NAME = "contest.json";

/** The systems of the original comparison, and their likes for points in the plane. */
const DECLARED: readonly PresetName[] = ["gan", "dcgan", "wgan", "wgan-gp"];
const DECLARED_FOR_POINTS: readonly PresetName[] = ["toy-gan", "toy-wgan", "toy-wgan-gp"];

/** Pictures and evaluations of a run, its start left out. */
const NUM_LOOKS = 8;

export interface Entrant {
  readonly preset: PresetName;
  /** Critic steps. */
  readonly steps: number;
  /** Critic steps from one picture and evaluation to the next. */
  readonly look_every: number;
}

export interface Comparison {
  readonly format: typeof FORMAT;
  /** An IDX file or folder, or null: `dataset`. */
  readonly data: string | null;
  readonly dataset: string | null;
  /** Name and number of the data. */
  readonly data_name: string;
  readonly num_examples: number;
  readonly seed: number;
  /** Real examples that each critic is shown, at least; a step is not cut. */
  readonly examples: number;
  /** Examples of a step; null: each preset's own. */
  readonly batch: number | null;
  /** Rows and columns that all images are resized to, and their channels; null or absent: as they are. */
  readonly image_size?: number | null;
  readonly channels?: number | null;
  /** How data are read and scaled, as the options of deno task train say it; null or absent: as they are. */
  readonly fit?: string | null;
  readonly on_bad_item?: string | null;
  readonly layout?: string | null;
  readonly categories?: string | null;
  readonly scale?: string | null;
  /** Rows and columns that all images get, since one of the presets needs them; null: as they are. */
  readonly pad_to: number | null;
  readonly entrants: readonly Entrant[];
}

export interface ComparisonChoice {
  readonly data: string | null;
  readonly dataset: string | null;
  readonly image_size: number | null;
  readonly channels: number | null;
  readonly fit?: string | null;
  readonly on_bad_item?: string | null;
  readonly layout?: string | null;
  readonly categories?: string | null;
  readonly scale?: string | null;
  /** Names apart by commas; null: the declared set. */
  readonly presets: string | null;
  readonly seed: number;
  readonly examples: number;
  readonly batch: number | null;
}

/** The presets of a list, each once. Throws {@linkcode UserError}. */
function presetsOf(list: string): PresetName[] {
  const names = list.split(",").map((name) => name.trim());
  const wrong = names.find((name) => !Object.hasOwn(PRESETS, name));
  if (wrong !== undefined) {
    throw new UserError(
      "Cannot compare presets: --presets must be names separated by commas, among " +
        `${Object.keys(PRESETS).join(", ")}, found ${JSON.stringify(wrong)}`,
    );
  }
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return names as PresetName[];
  throw new UserError(`Cannot compare presets: each of --presets must be named once, found ${twice} twice`);
}

/** Where labels lie that presets of this choice take; null: none of them takes any. */
export function labelsFor({ presets }: Pick<ComparisonChoice, "presets">): string | null {
  return presets !== null && presetsOf(presets).some(isConditional) ? AUTO : null;
}

/** Plans a comparison. Throws {@linkcode UserError} where a preset does not suit the data. */
export function planComparison(
  choice: ComparisonChoice,
  data: Pick<DataSet, "name" | "num_examples" | "example_shape" | "labels">,
): Comparison {
  const { presets, examples, batch, ...rest } = choice;
  const declared = data.example_shape.length === 1 ? DECLARED_FOR_POINTS : DECLARED;
  const names = presets === null ? declared : presetsOf(presets);
  const given = { ...batch !== null && { batch } };
  const sides = names.map((preset) => resolveConfig({ ...given, preset }, preset, data).pad_to ?? 0);
  const pad_to = Math.max(...sides) || null;
  const entrants = names.map((preset): Entrant => {
    const padded: GivenConfig = { ...given, preset, ...pad_to !== null && { pad_to } };
    const steps = Math.ceil(examples / resolveConfig(padded, preset, data).batch);
    return { preset, steps, look_every: Math.ceil(steps / NUM_LOOKS) };
  });
  const { name: data_name, num_examples } = data;
  return { format: FORMAT, ...rest, data_name, num_examples, examples, batch, pad_to, entrants };
}

/** The options of `deno task train` for an entrant's run into `out`. */
export function entrantArgs(
  comparison: Comparison,
  { preset, steps, look_every }: Entrant,
  out: string,
): string[] {
  const { data, dataset, image_size = null, channels = null, seed, batch, pad_to } = comparison;
  const { fit = null, on_bad_item = null, layout = null, categories = null, scale = null } = comparison;
  const given = {
    preset,
    ...data !== null ? { data } : { dataset },
    ...image_size !== null && { "image-size": image_size },
    ...channels !== null && { channels },
    ...fit !== null && { fit },
    ...on_bad_item !== null && { "on-bad-item": on_bad_item },
    ...layout !== null && { layout },
    ...categories !== null && { categories },
    ...scale !== null && { scale },
    seed,
    ...batch !== null && { batch },
    ...pad_to !== null && { "pad-to": pad_to },
    steps,
    "sample-every": look_every,
    "evaluate-every": look_every,
    out,
  };
  return Object.entries(given).flatMap(([name, value]) => [`--${name}`, String(value)]);
}

/** What the report says of the comparison, in sentences. */
export function describeComparison(comparison: Comparison): string[] {
  const { data_name, num_examples, seed, examples, pad_to, entrants } = comparison;
  const count = (n: number) => n.toLocaleString("en-US");
  const epochs = significant(examples / num_examples, 2);
  return [
    `${entrants.map(({ preset }) => preset).join(", ")}: each preset with the losses, optimizer and ` +
    `schedule of its paper, on ${data_name} with seed ${seed}.`,
    `Each critic sees the same number of real examples: ${
      count(examples)
    }, about ${epochs} passes over the data. ` +
    "So a preset with several critic steps for each generator step makes fewer generator steps. " +
    "The table has the time that each run took.",
    ...pad_to === null ? [] : [
      `All images have a border that makes them ${pad_to} x ${pad_to}, as the convolutional networks need.`,
    ],
  ];
}

/** Reads the plan of a comparison. Throws {@linkcode UserError} where it is none. */
export function parseComparison(text: string, path: string): Comparison {
  const refuse = (found: string) => {
    throw new UserError(
      `Cannot continue the comparison: ${path} must be the plan of a comparison of format ${FORMAT}, found ${found}`,
    );
  };
  let plan: Partial<Comparison> | null;
  try {
    plan = JSON.parse(text) as Partial<Comparison> | null;
  } catch {
    return refuse("no JSON");
  }
  if (plan?.format !== FORMAT) return refuse(`format ${JSON.stringify(plan?.format)}`);
  if (!Array.isArray(plan.entrants)) return refuse("no entrants");
  return plan as Comparison;
}
