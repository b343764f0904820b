/** A program's choice of networks and data. */
import { checkOptions } from "../common/cli/options.ts";
import { UserError } from "../common/errors.ts";
import { PLACE_OPTIONS } from "../coordinator/config/options/options.ts";
import type { ConductOptions } from "../coordinator/conduct.ts";
import { type DataSource, sourceOf } from "../coordinator/data/data_source.ts";
import { type ReadAs, shapingOf } from "../coordinator/data/read_as.ts";
import { shapeImages } from "../coordinator/data/pictures/pictures.ts";
import { AUTO, NO_LABELS } from "../coordinator/data/labels/open_labels.ts";
import { namedLabels, numberedLabels } from "../coordinator/data/labels/labels.ts";
import { DATASET_NAMES, withLabels } from "../coordinator/data/resolve.ts";
import type { Objective } from "../models/objectives/objective.ts";
import { arrayData, type ExampleArray } from "./example_array.ts";
import type { LogOptions, OnStep } from "./run_watch.ts";
import { givenOf, type NamedSettings, type RunSettings } from "./settings.ts";

/**
 * A generator and a critic, each an ONNX file: its path, or its bytes.
 *
 * @example
 * ```ts
 * import type { NetworkPair } from "@wagon/wagon";
 *
 * const networks: NetworkPair = { generator: "generator.onnx", critic: "critic.onnx" };
 * console.log(networks.critic);
 * ```
 */
export interface NetworkPair {
  /** Noise [N, latent] to examples [N, …]. */
  readonly generator: string | Uint8Array;
  /** Examples [N, …] to scores [N, 1]. */
  readonly critic: string | Uint8Array;
}

/**
 * Networks, data, and the places for the run and its log.
 *
 * @example
 * ```ts
 * import type { RunOptions } from "@wagon/wagon";
 *
 * const options: RunOptions = { data: "photos/", image_size: 32, preset: "wgan-dcgan", name: "first" };
 * console.log(options.data);
 * ```
 */
export interface RunOptions extends RunSettings, LogOptions {
  /**
   * The data: an array; the name of a set that wagon draws (`strokes`, `8gaussians`, `25gaussians`, `swissroll`); or the
   * path of a file or folder, as for `--data`. Default: `strokes`, or a resumed run's own.
   */
  readonly data?: ExampleArray | string;
  /**
   * The class of each example, for networks that take labels: numbers from 0 up or names, one for each example of an array;
   * or the place of the labels, as for `--labels`. Default: `auto` for the presets that take labels, else none.
   */
  readonly labels?: ArrayLike<number> | readonly string[] | string;
  /** Your own networks instead of the preset's. */
  readonly networks?: NetworkPair;
  /** Losses to use instead of the preset's: a name, or your own losses. A run with your own losses cannot be resumed. */
  readonly objective?: string | Objective;
  /** Name of the run, one word of at most 64 letters, digits and . _ - characters. */
  readonly name?: string;
  /** What the run is for, in at most 2,000 characters. The log contains it, and reports show it. */
  readonly note?: string;
  /** Run folder to create. */
  readonly out?: string;
  /** Run folder of a run to continue. */
  readonly resume?: string;
  /** True if the run that continues may get another learning rate, or another decay of it. */
  readonly amend?: boolean;
  /** Stops the run after the current step; the result so far is returned. */
  readonly signal?: AbortSignal;
  /** Called after each step. If it throws, the run stops, and the error is thrown. */
  readonly onStep?: OnStep;
}

/** Start of the run, for the coordinator. Throws {@linkcode UserError}. */
export function startOf(
  { data, labels, networks, objective, name, note, out, resume, amend = false, ...rest }: RunOptions,
): Omit<ConductOptions, "token" | "min_workers" | "give_up_after_s" | "advice" | "shares_memory" | "signal"> {
  const settings = settingsOf(rest);
  const named: NamedSettings = {
    ...settings,
    ...typeof data === "string" &&
      ((DATASET_NAMES as readonly string[]).includes(data) ? { dataset: data } : { data }),
    ...labels !== undefined && { labels: typeof labels === "string" ? labels : AUTO },
    ...typeof objective === "string" && { objective },
  };
  const given = givenOf(named);
  if (typeof labels === "object" && typeof data !== "object") {
    throw new UserError(
      "Cannot use an array of labels: data in an array are required, found none; give data as an array, or name the place " +
        "of the labels",
    );
  }
  if (typeof objective === "object") checkOwnObjective(objective, out ?? resume, settings);
  return {
    given,
    exact: true,
    ...checkOptions(
      ABOUT,
      { ...name !== undefined && { name }, ...note !== undefined && { note } },
      "the options",
    ),
    out: out ?? null,
    resume: resume ?? null,
    amend,
    readable: false,
    now: new Date(),
    in_memory: out === undefined && resume === undefined,
    ...typeof data === "object" && { source: labelledSource(arraySource(data, given), labels) },
    ...networks && { networks: { ...networks, trainable: settings.trainable ?? [] } },
    ...typeof objective === "object" && { objective },
  };
}

/** What is left of the options without those that are no settings of the run. */
function settingsOf(
  {
    signal: _signal,
    onStep: _onStep,
    onRecord: _onRecord,
    onWarning: _onWarning,
    tensorboard: _tensorboard,
    log_url: _log_url,
    log_token: _log_token,
    ...settings
  }: RunOptions,
): RunSettings {
  return settings;
}

const ABOUT = { name: PLACE_OPTIONS.name, note: PLACE_OPTIONS.note };

function arraySource(
  data: ExampleArray,
  { image_size = null, channels = null, layout = null, ...others }: Partial<ReadAs>,
): DataSource {
  return sourceOf(shapeImages(arrayData(data, layout), shapingOf({ ...others, image_size, channels })));
}

/** Throws {@linkcode UserError} where labels are none, or not one for each example. */
function labelledSource(source: DataSource, labels: RunOptions["labels"]): DataSource {
  if (labels === undefined || labels === NO_LABELS) return source;
  if (typeof labels === "string") {
    throw new UserError(
      `Cannot use labels ${labels}: of data in an array, an array with a label for each example is required, found a text; ` +
        "give numbers or names",
    );
  }
  const refuse = (why: string): never => {
    throw new UserError(`Cannot use the array as labels: ${why}`);
  };
  const are_names = Array.isArray(labels) && labels.some((label) => typeof label === "string");
  const made = are_names
    ? namedLabels(Array.from(labels as readonly string[], String), refuse)
    : numberedLabels(labels as ArrayLike<number>, refuse);
  return withLabels(source, made);
}

function checkOwnObjective(
  { name, estimates_distance }: Objective,
  folder: string | undefined,
  { adaptive_n_critic, early_stopping }: RunSettings,
): void {
  if (folder !== undefined) {
    throw new UserError(
      `Cannot train with objective ${name} in run folder ${folder}: this program defines it, and a run folder cannot store it; ` +
        "leave the folder out",
    );
  }
  const option = adaptive_n_critic ? "adaptive_n_critic" : early_stopping ? "early_stopping" : null;
  if (option === null || estimates_distance) return;
  throw new UserError(
    `Cannot use ${option}: an objective that estimates a distance is required, found ${name}; leave it out`,
  );
}
