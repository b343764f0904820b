/**
 * The configuration of a run: one resolved object, the first record of its log. Precedence: command line, then
 * `--config` file, then preset.
 */
import { flagOf } from "../../common/cli/options.ts";
import { UserError } from "../../common/errors.ts";
import { exampleKind } from "../../common/example_kind.ts";
import { WIRE_FORMATS } from "../../common/wire_format.ts";
import type { Networks } from "../../models/nets/networks.ts";
import { SHORTEST_SERIES } from "../../models/nets/series.ts";
import { objectiveOf } from "../../models/objectives/objectives.ts";
import { LATER_SETTINGS } from "../../runlog/later_settings.ts";
import { anything, bool, mapOf, misfit, nullable, num, object, oneOf, text } from "../../runlog/shape.ts";
import type { DataSet } from "../data/data_set.ts";
import { paddedShape, type Padding } from "../data/pad.ts";
import { DATA_DEFAULTS, DATA_FIELDS, type DataConfig } from "./data_config.ts";
import { RMSPROP } from "../../algorithm/optimizers.ts";
import { checkLocal, LOCAL_FIELDS, type LocalConfig, localConfig } from "./local_config.ts";
import { withAttention, withCritic, withPacks } from "./networks/changed_networks.ts";
import {
  EVALUATION_DEFAULTS,
  EVALUATION_FIELDS,
  type EvaluationConfig,
  evaluationInterval,
  resolveMetrics,
  sampleInterval,
} from "./evaluation_config.ts";
import {
  checkObjective,
  hasGradientPenalty,
  PENALTY_FIELDS,
  type PenaltyConfig,
  resolveObjective,
} from "./objective_config.ts";
import { sideFor } from "./padded_side.ts";
import type { FileNetworks, OwnNetworks } from "./own_networks.ts";
import { withShards } from "./shards_for.ts";
import { forClasses, wantedLabels } from "./conditional.ts";
import { type Hyperparameters, isSpectral, type Preset, type PresetName, PRESETS } from "./presets.ts";
import {
  checkUpdate,
  type GivenBetas,
  resolveUpdates,
  UPDATE_FIELDS,
  type UpdateConfig,
} from "./update_config.ts";
import { checkWire, type WireConfig, wireConfig } from "./wire_config.ts";

export interface RunConfig
  extends
    Hyperparameters,
    PenaltyConfig,
    Padding,
    DataConfig,
    WireConfig,
    LocalConfig,
    UpdateConfig,
    EvaluationConfig {
  /** Source of the hyperparameters, and of the networks unless they are a person's own. */
  readonly preset: PresetName;
  readonly networks: Networks | FileNetworks;
  /** Files of own networks, and patterns of the weights to train; null and none for those of the preset. */
  readonly generator: string | null;
  readonly critic: string | null;
  readonly trainable: readonly string[];
  /** A data set that the project draws, or null where `data` names a file or folder. */
  readonly dataset: string | null;
  readonly data: string | null;
  /** Where the labels lie that the networks take (conditional.ts); null: they take none. */
  readonly labels: string | null;
  /** Feature maps next to the image in convolutional networks; null for others. */
  readonly width: number | null;
  /** Side of the maps over which residual networks have self-attention; null: they have none. */
  readonly attention: number | null;
  /** Examples that the critic scores at a time (models/nets/packing.ts); 1: each by itself. */
  readonly pac: number;
  /** The run or the checkpoint whose weights the run began with; null: random ones. */
  readonly warm_start: string | null;
  /** Share of the critic's hidden features that is dropped in training, 0 to below 1. */
  readonly dropout: number;
  /** True if the critic's weights are used divided by their spectral norm; then nothing is clipped. */
  readonly spectral_norm: boolean;
  /** Share of the data kept out of training, 0 to below 1. */
  readonly holdout: number;
  /** Epochs asked for instead of steps, or null. */
  readonly epochs: number | null;
  readonly seed: number;
  readonly schedule: "paper" | "post";
  /**
   * True if each of the first 25 generator steps and every 500th come after 100 critic steps, as in the code of
   * Arjovsky, Chintala, Bottou 2017 (schedule "paper" only).
   */
  readonly warm_up: boolean;
  /**
   * Parts in which a shard computes its examples of a step, one after the other, their gradients added: more leaves
   * of the summing tree, less memory. A power of two, so that a shard is a node of the tree.
   */
  readonly accumulate: number;
  /** True if n_critic is raised while the critic is far from its optimum (adaptive_n_critic.ts). */
  readonly auto_critic: boolean;
  /** True if the run stops once the estimate has stopped falling (early_stopping.ts), and the steps before which it does not. */
  readonly stop_when_flat: boolean;
  readonly min_steps: number;
  /** True if workers of another numeric class are refused. */
  readonly exact: boolean;
  /** Critic steps between checkpoints; 0: only at the end; null: after 5 s, then every 60 s, and at the end. */
  readonly checkpoint_every: number | null;
}

/** Steps before which --early-stopping does not stop, unless told otherwise. */
export const DEFAULT_MIN_STEPS = 10_000;

/** The values a person gave, on the command line or in a file. */
export type GivenConfig = Partial<Omit<RunConfig, "networks" | "optimizer">> & GivenBetas & {
  /** Threads of all workers that the shards are to be for, instead of `shards`. */
  readonly for_workers?: number;
  /** True if batch and learning rate grow with these threads. */
  readonly scale_batch?: boolean;
};

/** Refuses decisions over an estimate that the objective does not make. */
export function checkRunControl(
  given: Pick<GivenConfig, "auto_critic" | "stop_when_flat">,
  run: Pick<RunConfig, "objective" | "penalty" | "preset">,
): void {
  if (objectiveOf(run).estimates_distance) return;
  const option = given.auto_critic ? "--adaptive-n-critic" : given.stop_when_flat ? "--early-stopping" : null;
  if (option === null) return;
  throw new UserError(
    `Cannot use ${option}: an objective that estimates a distance is required, found ${run.objective} ` +
      `(preset ${run.preset}), whose losses do not measure a distance; use --preset wgan, or leave it out`,
  );
}

/** Settings that own networks determine. Throws {@linkcode UserError} if other values were given. */
function checkOwn(given: GivenConfig, name: PresetName, own: Pick<OwnNetworks, "latent">): void {
  const { objective } = PRESETS[name];
  if (given.preset !== undefined && given.objective !== undefined && given.objective !== objective) {
    throw new UserError(
      `Cannot use --preset ${name} with your own networks: its objective must be --objective ${given.objective}, ` +
        `found ${objective}; ` +
        "leave one of them out",
    );
  }
  const option = (["dropout", "width", "attention", "spectral_norm", "pac"] as const)
    .find((option) => given[option] && !(option === "pac" && given.pac === 1));
  if (option !== undefined) {
    throw new UserError(
      `Cannot use ${
        flagOf(option)
      } with your own networks: it applies to the networks of presets; leave it out, or build ` +
        `it into the files`,
    );
  }
  if (given.latent !== undefined && given.latent !== own.latent) {
    throw new UserError(
      `Cannot use --latent ${given.latent}: it must be the size of the generator's noise, ${own.latent}; leave it out`,
    );
  }
}

function isSeries(data: Pick<DataSet, "example_shape" | "axes">): boolean {
  return exampleKind(data) === "series" && data.example_shape.at(-1)! >= SHORTEST_SERIES;
}

/** Throws {@linkcode UserError} for the first given value that does not fit the preset, the data or another. */
function checkGiven(
  given: GivenConfig,
  name: PresetName,
  preset: Preset,
  data: Pick<DataSet, "example_shape" | "axes">,
  own: Pick<OwnNetworks, "latent"> | null,
): void {
  if (preset.plane && own === null && exampleKind(data) === "images") {
    throw new UserError(
      `Cannot use preset ${name}: its networks take points, found examples of ` +
        `${data.example_shape.join(" x ")}; leave it out, or use --dataset 8gaussians`,
    );
  }
  if (preset.series && own === null && !isSeries(data)) {
    throw new UserError(
      `Cannot use preset ${name}: its networks take series of ${SHORTEST_SERIES} values or more, found examples of ` +
        `${
          data.example_shape.join(" x ")
        }; name the axes of an array with --layout, e.g. NTC, or leave it out`,
    );
  }
  if (own !== null) checkOwn(given, name, own);
  if (given.warm_up && given.schedule === "post") {
    throw new UserError(
      "Cannot warm up: --warm-up needs --schedule paper, found post; leave one of them out",
    );
  }
  if (given.accumulate !== undefined && !Number.isInteger(Math.log2(given.accumulate))) {
    throw new UserError(
      `Cannot accumulate gradients: --accumulate must be a power of two, found ${given.accumulate}; ` +
        `use ${2 ** Math.floor(Math.log2(given.accumulate))}, or more --shards`,
    );
  }
  checkWire(given, given.shards ?? preset.shards);
  checkLocal(given, given.shards ?? preset.shards);
  checkUpdate(given, { ...preset, name });
  checkObjective(given, preset, name);
  if ((given.spectral_norm ?? (own === null && isSpectral(name))) && given.clip !== undefined) {
    throw new UserError(
      `Cannot clip the critic: --clip must not be given with --spectral-norm, found ${given.clip}; leave one of them ` +
        `out`,
    );
  }
  checkRunControl(given, { ...resolveObjective(given, preset), preset: name });
  if (given.width !== undefined && preset.width === undefined) {
    throw new UserError(
      `Cannot use --width: convolutional networks are required, found preset ${name}; use --preset wgan-dcgan, ` +
        "or leave it out",
    );
  }
}

/** Settings that no preset has. */
const UNLESS_GIVEN = {
  generator: null,
  critic: null,
  trainable: [],
  warm_start: null,
  dataset: null,
  data: null,
  ...DATA_DEFAULTS,
  holdout: 0,
  epochs: null,
  seed: 1,
  schedule: "paper",
  warm_up: false,
  accumulate: 1,
  auto_critic: false,
  stop_when_flat: false,
  min_steps: DEFAULT_MIN_STEPS,
  exact: false,
  ...EVALUATION_DEFAULTS,
  checkpoint_every: null,
} as const satisfies Partial<RunConfig>;

/**
 * Completes what was given from the preset. `preset` is the one that applies if none was given. `data`: as they are,
 * before padding. `own`: networks in place of the preset's. Throws {@linkcode UserError} for what does not fit together.
 */
export function resolveConfig(
  asked: GivenConfig,
  preset: PresetName,
  data: Pick<DataSet, "example_shape" | "axes" | "labels" | "table">,
  own: Pick<OwnNetworks, "latent" | "facts" | "takes_labels"> | null = null,
): RunConfig {
  const name = asked.preset ?? preset;
  const { batch, shards: preset_shards, lr } = PRESETS[name];
  const { betas: _betas, ...given } = withShards(asked, { batch, preset_shards, lr });
  const {
    about: _about,
    networks,
    sides,
    plane: _plane,
    series: _series,
    conditional: _conditional,
    latentFor,
    width: own_width,
    spectral_norm: _own_norm,
    scale: own_scale = DATA_DEFAULTS.scale,
    ...hyperparameters
  }: Preset = PRESETS[name];
  checkGiven(given, name, PRESETS[name], data, own);
  const taken = { ...sides && own === null && { sides } };
  const padding = {
    pad_to: sideFor(name, taken, given.pad_to ?? undefined, data.example_shape),
    pad_value: given.pad_value ?? 0,
  };
  const shape = paddedShape(data.example_shape, padding);
  const width = own ? null : given.width ?? own_width ?? null;
  const { dropout = 0, spectral_norm = own === null && isSpectral(name), attention = null, pac = 1 } = given;
  const losses = resolveObjective({ ...given, spectral_norm }, PRESETS[name]);
  const latent = own?.latent ?? given.latent ?? latentFor?.(data.example_shape, data.table) ??
    hyperparameters.latent;
  const made = () => networks(latent, shape, width ?? undefined, data.table);
  return {
    ...hyperparameters,
    ...UNLESS_GIVEN,
    scale: own_scale,
    latent,
    evaluate_every: evaluationInterval(given.steps ?? hyperparameters.steps),
    sample_every: sampleInterval(given.steps ?? hyperparameters.steps),
    ...given,
    ...padding,
    ...{ width, attention, pac, dropout, spectral_norm },
    ...wireConfig(given, given.shards ?? hyperparameters.shards),
    ...localConfig(given),
    ...resolveUpdates(asked, { ...PRESETS[name], name }),
    ...losses,
    ...resolveMetrics(given),
    preset: name,
    labels: wantedLabels({ ...given, preset: name }, own),
    networks: own?.facts ?? withCritic(
      withPacks(forClasses(name, withAttention(made(), attention, name), data), pac, name),
      { ...dropout > 0 && { dropout }, ...spectral_norm && { spectral_norm } },
      spectral_norm || hasGradientPenalty(losses),
    ),
  };
}

/** Defaults for run folders of format 1 and the first of format 2, the same for all their runs. */
const UNSAID_BEFORE = {
  objective: "wgan",
  penalty: null,
  optimizer: RMSPROP,
  ...DATA_DEFAULTS,
  width: null,
  dropout: 0,
  spectral_norm: false,
  pad_to: null,
  pad_value: 0,
  warm_up: false,
  accumulate: 1,
  auto_critic: false,
  stop_when_flat: false,
  min_steps: DEFAULT_MIN_STEPS,
  evaluate_every: 0,
  generator: null,
  critic: null,
  trainable: [],
  ...LATER_SETTINGS,
} as const satisfies Partial<RunConfig>;

/** Fields that a run needs whatever its version; the rest is reported before, or checked where it is used. */
const RECORDED = object({
  preset: text,
  networks: mapOf(anything),
  objective: text,
  optimizer: object({ kind: oneOf("rmsprop", "adam") }),
  batch: num,
  shards: num,
  steps: num,
  seed: num,
  n_critic: num,
  latent: num,
  lr: num,
  decay_steps: num,
  clip: nullable(num),
  penalty: nullable(num),
  holdout: num,
  epochs: nullable(num),
  accumulate: num,
  wire: oneOf(...WIRE_FORMATS),
  wire_groups: nullable(num),
  ...LOCAL_FIELDS,
  ...UPDATE_FIELDS,
  ...PENALTY_FIELDS,
  dropout: num,
  spectral_norm: bool,
  min_steps: num,
  ...EVALUATION_FIELDS,
  checkpoint_every: nullable(num),
  pad_to: nullable(num),
  pad_value: num,
  ...DATA_FIELDS,
  width: nullable(num),
  attention: nullable(num),
  pac: num,
  warm_start: nullable(text),
  schedule: oneOf("paper", "post"),
  warm_up: bool,
  auto_critic: bool,
  stop_when_flat: bool,
  exact: bool,
  dataset: nullable(text),
  data: nullable(text),
  labels: nullable(text),
});

/** The configuration of a recorded run, of any format that can be read, as far as its record has one. */
export function recordedConfig(config: Readonly<Record<string, unknown>>): RunConfig {
  return { ...UNSAID_BEFORE, ...config } as unknown as RunConfig;
}

/** The same, to train by. Throws {@linkcode UserError} where a setting is missing, or of another kind. */
export function wholeConfig(recorded: Readonly<Record<string, unknown>>): RunConfig {
  const config = recordedConfig(recorded);
  if (RECORDED(config)) return config;
  throw new UserError(
    "Cannot resume: the settings in the run record must be complete, found " +
      `${misfit(RECORDED, config)} missing or of another kind; restore the first line ` +
      "of the log",
  );
}
